/// Elements in one piece, which tensors of a checkpoint are views of.
struct TorchStorage: Hashable {
  private static let maximumKeyLength = 256

  /// Its name in the file.
  let key: String
  /// Nil for one that is counted in bytes.
  let type: ElementType?
  /// Elements of the whole, in the file.
  let fileCount: Int
  /// The part that this is: elements from `begin`.
  let begin: Int
  let count: Int

  /// Bytes per element.
  var elementSize: Int { type?.size ?? 1 }

  /// - Parameter id: `("storage", class, key, location, count)`, in the legacy form with a sixth: None, or a view's
  ///   `(key, begin, count)`.
  init(id: PickleValue, _ heap: PickleHeap) throws(WeightsProblem) {
    guard let parts = heap.tuple(id), parts.count >= 5, parts.count <= 6, parts[0] == .string("storage") else {
      throw WeightsProblem(
        "its pickle refers to \(Self.kind(of: id, heap)) outside of it, expected a storage",
        remedy: TorchCheckpoint.remedy)
    }
    switch parts[1] {
    case .global(.storage(let type)): self.type = type
    case .global(.untypedStorage): type = nil
    default: throw WeightsProblem("a storage is of \(heap.description(parts[1])), expected a storage class")
    }
    guard case .string(let key) = parts[2], key.utf8.count <= Self.maximumKeyLength,
      case .integer(let count) = parts[4], count >= 0, count <= 1 << 45
    else {
      throw WeightsProblem("a storage has the key \(heap.description(parts[2])) and \(heap.description(parts[4]))")
    }
    (self.key, fileCount) = (key, count)
    guard parts.count == 6, parts[5] != .none else {
      (begin, self.count) = (0, count)
      return
    }
    guard let view = heap.tuple(parts[5]), view.count == 3, case .integer(let begin) = view[1],
      case .integer(let length) = view[2], begin >= 0, length >= 0, begin <= count, length <= count - begin
    else { throw WeightsProblem("a view of storage \(printable(key)) lies outside of its \(count) elements") }
    (self.begin, self.count) = (begin, length)
  }

  private static func kind(of id: PickleValue, _ heap: PickleHeap) -> String {
    if case .string(let kind)? = heap.tuple(id)?.first { "a \(printable(kind))" } else { heap.description(id) }
  }
}

/// A tensor of a checkpoint, before its elements are read: a view of a storage, known to lie within it.
struct TorchTensor: Hashable {
  private static let maximumRank = 64

  let storage: TorchStorage
  let type: ElementType
  /// The first element, counted in `type` from the storage's begin; of an empty tensor 0.
  let offset: Int
  let shape: [Int]
  /// In elements; of an axis of one, or of an empty tensor, 0.
  let strides: [Int]
  /// Of the tensor.
  let count: Int

  /// - Parameter arguments: those of `torch._utils._rebuild_tensor`, `_v2` and `_v3`: `(storage, offset, size,
  ///   stride)`, then gradient and hooks, which do not matter, then `_v3`'s dtype, then metadata, of which there may be
  ///   none.
  init(_ global: PickleGlobal, _ arguments: [PickleValue], _ heap: PickleHeap) throws(WeightsProblem) {
    let (least, most) =
      switch global {
      case .rebuildTensor: (4, 4)
      case .rebuildTensorV2: (6, 7)
      default: (7, 8)
      }
    guard arguments.count >= least, arguments.count <= most,
      case .storage(let storage)? = heap[arguments[0]]?.kind, case .integer(let offset) = arguments[1],
      let shape = Self.integers(arguments[2], heap), let strides = Self.integers(arguments[3], heap)
    else { throw WeightsProblem("a tensor is not built from storage, offset, size and stride") }
    if arguments.count == most, most > least, heap.dict(arguments[most - 1])?.items.isEmpty == false {
      throw WeightsProblem("a tensor is negated or conjugated in memory only", remedy: TorchCheckpoint.remedy)
    }
    if global == .rebuildTensorV3 {
      guard case .global(.dtype(let type)) = arguments[6] else {
        throw WeightsProblem("a tensor is of \(heap.description(arguments[6])), expected a dtype")
      }
      self.type = type
    } else {
      guard let type = storage.type else { throw WeightsProblem("a tensor is of no dtype") }
      self.type = type
    }
    (self.storage, self.shape) = (storage, shape)
    (self.strides, count) = try Self.check(storage, type, offset, shape, strides)
    self.offset = count == 0 ? 0 : offset
  }

  private static func integers(_ value: PickleValue, _ heap: PickleHeap) -> [Int]? {
    guard let items = heap.tuple(value), items.count <= maximumRank else { return nil }
    var result: [Int] = []
    for item in items {
      guard case .integer(let number) = item, number >= 0 else { return nil }
      result.append(number)
    }
    return result
  }

  /// Checks that the view lies within its storage.
  private static func check(
    _ storage: TorchStorage, _ type: ElementType, _ offset: Int, _ shape: [Int], _ strides: [Int]
  ) throws(WeightsProblem) -> (strides: [Int], count: Int) {
    guard shape.count == strides.count, offset >= 0 else {
      throw WeightsProblem("a tensor has the shape \(shape), the strides \(strides) and the offset \(offset)")
    }
    guard let bytes = type.byteCount(of: shape) else {
      throw WeightsProblem("a tensor has the shape \(shape), which is too large")
    }
    if bytes == 0 { return (shape.map { _ in 0 }, 0) }
    let effective = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
    let available = storage.count * storage.elementSize / type.size
    var last = offset
    for (length, stride) in zip(shape, effective) {
      let (step, overflow) = stride.multipliedReportingOverflow(by: length - 1)
      let (sum, carry) = last.addingReportingOverflow(step)
      guard !overflow, !carry else {
        throw WeightsProblem("a tensor has the strides \(strides), which are too large")
      }
      last = sum
    }
    guard last < available else {
      throw WeightsProblem(
        "a tensor of shape \(shape), strides \(strides) and offset \(offset) reaches element \(last) of storage \(printable(storage.key)), which has \(available)"
      )
    }
    return (effective, bytes / type.size)
  }
}
