extension Tensor {
  /// Whether no element is a NaN or an infinity.
  public var isFinite: Bool {
    // Of those all bits of the exponent are set, of all others not; counted so that it takes no branch.
    storage.reduce(into: 0) { $0 &+= $1.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0 } == 0
  }

  /// The element at an index of every axis.
  public subscript(index: Int...) -> Float {
    get { storage[position(index)] }
    set { storage[position(index)] = newValue }
  }

  /// The part along `range` of the first axis.
  public subscript(range: Range<Int>) -> Tensor { sliced(range) }

  /// The only element.
  public var item: Float {
    precondition(count == 1, "expected one element, found \(count)")
    return storage[0]
  }

  /// Where an index lies in storage.
  private func position(_ index: [Int]) -> Int {
    precondition(index.count == rank, "expected \(rank) indices for shape \(shape), found \(index.count)")
    for (i, extent) in zip(index, shape) {
      precondition((0..<extent).contains(i), "\(index) is outside of shape \(shape)")
    }
    if rank == 4 {
      return ((index[0] * shape[2] + index[2]) * shape[3] + index[3]) * shape[1] + index[1]
    }
    return zip(index, rowStrides(shape)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// `transform` of each element. The order of calls is that of storage.
  public func map(_ transform: (Float) -> Float) -> Tensor {
    Tensor(shape: shape, storage: storage.map(transform))
  }

  /// `combine` of elements at the same place.
  /// - Precondition: the shapes agree.
  public func zipped(with other: Tensor, _ combine: (Float, Float) -> Float) -> Tensor {
    precondition(shape == other.shape, "shapes \(shape) and \(other.shape) differ")
    var result = storage
    for i in result.indices { result[i] = combine(result[i], other.storage[i]) }
    return Tensor(shape: shape, storage: result)
  }

  public static func + (a: Tensor, b: Tensor) -> Tensor { a.zipped(with: b, +) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.zipped(with: b, -) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.zipped(with: b, *) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.zipped(with: b, /) }
  public static func + (a: Tensor, b: Float) -> Tensor { a.map { $0 + b } }
  public static func - (a: Tensor, b: Float) -> Tensor { a.map { $0 - b } }
  public static func * (a: Tensor, b: Float) -> Tensor { a.map { $0 * b } }
  public static func * (a: Float, b: Tensor) -> Tensor { b.map { a * $0 } }
  public static func / (a: Tensor, b: Float) -> Tensor { a.map { $0 / b } }
  public static prefix func - (a: Tensor) -> Tensor { a.map { -$0 } }

  /// The sum of all elements, in double precision.
  public func sum() -> Double { storage.reduce(0) { $0 + Double($1) } }
  /// The mean of all elements; NaN for none.
  public func mean() -> Double { sum() / Double(count) }

  /// For each row of a matrix, the position of its greatest element; of equal ones the first.
  public func argmaxOfRows() -> [Int] {
    precondition(rank == 2 && shape[1] > 0, "expected a matrix, found shape \(shape)")
    return (0..<shape[0]).map { row in
      let values = storage[row * shape[1]..<(row + 1) * shape[1]]
      return values.indices.reduce(values.startIndex) { values[$1] > values[$0] ? $1 : $0 } - values.startIndex
    }
  }
}
