extension Tensor {
  /// The same elements, row by row, in another shape. One extent may be -1: what is left.
  /// - Precondition: the counts agree.
  public func reshaped(_ newShape: [Int]) -> Tensor {
    var newShape = newShape
    if let free = newShape.firstIndex(of: -1) {
      let rest = newShape.enumerated().reduce(1) { $1.offset == free ? $0 : $0 * $1.element }
      precondition(rest > 0 && count % rest == 0, "cannot reshape \(shape) to \(newShape)")
      newShape[free] = count / rest
    }
    precondition(newShape.reduce(1, *) == count, "cannot reshape \(shape) to \(newShape)")
    // Storage orders differ only where rank 4 has both several channels and several pixels.
    if !storageIsPermuted && !Tensor.isPermuted(newShape) { return Tensor(shape: newShape, storage: storage) }
    return Tensor(shape: newShape, values: values)
  }

  /// Whether storage order is not row-by-row order.
  private var storageIsPermuted: Bool { Tensor.isPermuted(shape) }
  private static func isPermuted(_ shape: [Int]) -> Bool {
    shape.count == 4 && shape[1] > 1 && shape[2] * shape[3] > 1
  }

  /// Axes in another order, as NumPy's `transpose(axes)`.
  public func transposed(_ axes: [Int]) -> Tensor {
    precondition(axes.sorted() == Array(0..<rank), "expected a permutation of \(rank) axes, found \(axes)")
    let strides = rowStrides(shape)
    let values = values
    var result: [Float] = []
    result.reserveCapacity(count)
    forEachIndex(of: axes.map { shape[$0] }) { index in
      result.append(values[zip(index, axes).reduce(0) { $0 + $1.0 * strides[$1.1] }])
    }
    return Tensor(shape: axes.map { shape[$0] }, values: result)
  }

  /// A matrix with rows and columns exchanged.
  public var transposed: Tensor {
    precondition(rank == 2, "expected a matrix, found shape \(shape)")
    return transposed([1, 0])
  }

  /// The part of the tensor within `range` on `axis`.
  public func sliced(_ range: Range<Int>, axis: Int = 0) -> Tensor {
    precondition((0..<rank).contains(axis), "axis \(axis) of a tensor of shape \(shape)")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis], "\(range) is outside of axis \(axis) of shape \(shape)")
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    let values = values
    var result: [Float] = []
    result.reserveCapacity(outer * range.count * inner)
    for o in 0..<outer {
      let base = o * shape[axis] * inner
      result += values[base + range.lowerBound * inner..<base + range.upperBound * inner]
    }
    var newShape = shape
    newShape[axis] = range.count
    return Tensor(shape: newShape, values: result)
  }

  /// The parts at `indices` of the first axis, in that order, as `torch.index_select(x, 0, indices)`.
  public func selected(_ indices: [Int]) -> Tensor {
    precondition(
      rank > 0 && indices.allSatisfy { (0..<shape[0]).contains($0) }, "an index is outside of shape \(shape)")
    // The first axis is the outermost in storage, whatever the rank.
    let width = shape[1...].reduce(1, *)
    var result: [Float] = []
    result.reserveCapacity(indices.count * width)
    for index in indices { result += storage[index * width..<(index + 1) * width] }
    return Tensor(shape: [indices.count] + shape[1...], storage: result)
  }

  /// Tensors one after another along `axis`, as `torch.cat`.
  /// - Precondition: all other extents agree.
  public static func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
    precondition(!tensors.isEmpty, "nothing to concatenate")
    let first = tensors[0].shape
    precondition((0..<first.count).contains(axis), "axis \(axis) of a tensor of shape \(first)")
    for tensor in tensors {
      var shape = tensor.shape
      precondition(shape.count == first.count, "cannot concatenate \(first) and \(tensor.shape)")
      shape[axis] = first[axis]
      precondition(shape == first, "cannot concatenate \(first) and \(tensor.shape) along axis \(axis)")
    }
    let outer = first[..<axis].reduce(1, *)
    let inner = first[(axis + 1)...].reduce(1, *)
    let parts = tensors.map { (values: $0.values, width: $0.shape[axis] * inner) }
    var result: [Float] = []
    result.reserveCapacity(tensors.reduce(0) { $0 + $1.count })
    for o in 0..<outer {
      for part in parts { result += part.values[o * part.width..<(o + 1) * part.width] }
    }
    var shape = first
    shape[axis] = tensors.reduce(0) { $0 + $1.shape[axis] }
    return Tensor(shape: shape, values: result)
  }

  /// Images `[N, C, H, W]` with left and right exchanged.
  public func mirrored() -> Tensor {
    precondition(rank == 4, "images are of rank 4, found shape \(shape)")
    let (channels, width) = (shape[1], shape[3])
    var result = self
    for row in 0..<shape[0] * shape[2] {
      for x in 0..<width {
        let (target, source) = ((row * width + x) * channels, (row * width + width - 1 - x) * channels)
        for c in 0..<channels { result.storage[target + c] = storage[source + c] }
      }
    }
    return result
  }
}

/// Elements between neighbours on each axis, row by row.
func rowStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  return strides
}

/// Every index of `shape`, row by row.
private func forEachIndex(of shape: [Int], _ body: ([Int]) -> Void) {
  guard shape.allSatisfy({ $0 > 0 }) else { return }
  var index = [Int](repeating: 0, count: shape.count)
  while true {
    body(index)
    var axis = shape.count - 1
    while axis >= 0 {
      index[axis] += 1
      if index[axis] < shape[axis] { break }
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { return }
  }
}
