/// A dense array of `Float` with a shape.
///
/// Shapes are PyTorch's: images are `[N, C, H, W]` and convolution weights `[out, in, kernelHeight, kernelWidth]`.
/// A tensor of rank 4 is stored channels-last (`[N, H, W, C]` in memory), which is what the kernels read; every
/// other rank is stored row by row. No public member depends on that: ``values`` and subscripts follow the shape.
/// Tensors are values: a copy is independent of its original, and copying costs nothing until one of them changes.
public struct Tensor: Sendable, Equatable {
  /// The extent of every axis, outermost first. An empty shape is a scalar.
  public private(set) var shape: [Int]
  /// The elements in storage order: channels-last for rank 4, row by row otherwise.
  package var storage: [Float]

  package init(shape: [Int], storage: [Float]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "a shape must not be negative, found \(shape)")
    precondition(
      storage.count == shape.reduce(1, *), "shape \(shape) needs \(shape.reduce(1, *)) values, found \(storage.count)")
    self.shape = shape
    self.storage = storage
  }

  /// A tensor from its elements, row by row (`[N, C, H, W]` order for images).
  /// - Precondition: `values.count` is the product of `shape`.
  public init(shape: [Int], values: [Float]) {
    self.init(shape: shape, storage: shape.count == 4 ? channelsLast(from: values, shape: shape) : values)
  }

  /// A batch of images of shape `[N, C, H, W]` from pixels in `[N, H, W, C]` order, without a copy.
  public init(shape: [Int], channelsLast pixels: [Float]) {
    precondition(shape.count == 4, "pixels make a tensor of rank 4, found shape \(shape)")
    self.init(shape: shape, storage: pixels)
  }

  /// The elements, row by row (`[N, C, H, W]` order for images).
  public var values: [Float] {
    rank == 4 ? channelsFirst(from: storage, shape: shape) : storage
  }

  /// The number of axes.
  public var rank: Int { shape.count }
  /// The number of elements.
  public var count: Int { storage.count }
}

/// `[N, C, H, W]` order to `[N, H, W, C]` order.
func channelsLast(from values: [Float], shape: [Int]) -> [Float] {
  permuted(values, outer: shape[0], rows: shape[1], columns: shape[2] * shape[3])
}

/// `[N, H, W, C]` order to `[N, C, H, W]` order.
func channelsFirst(from values: [Float], shape: [Int]) -> [Float] {
  permuted(values, outer: shape[0], rows: shape[2] * shape[3], columns: shape[1])
}

/// Transposes each of `outer` matrices of `rows` × `columns`.
private func permuted(_ values: [Float], outer: Int, rows: Int, columns: Int) -> [Float] {
  precondition(
    values.count == outer * rows * columns, "expected \(outer * rows * columns) values, found \(values.count)")
  if rows == 1 || columns == 1 || values.isEmpty { return values }
  return [Float](unsafeUninitializedCapacity: values.count) { result, count in
    for o in 0..<outer {
      let base = o * rows * columns
      for r in 0..<rows {
        for c in 0..<columns { result[base + c * rows + r] = values[base + r * columns + c] }
      }
    }
    count = values.count
  }
}
