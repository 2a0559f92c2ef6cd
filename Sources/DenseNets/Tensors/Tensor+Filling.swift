extension Tensor {
  /// All zeros.
  public static func zeros(_ shape: [Int]) -> Tensor { full(shape, 0) }
  /// All ones.
  public static func ones(_ shape: [Int]) -> Tensor { full(shape, 1) }
  /// All `value`.
  public static func full(_ shape: [Int], _ value: Float) -> Tensor {
    Tensor(shape: shape, storage: [Float](repeating: value, count: shape.reduce(1, *)))
  }

  /// 0, 1, 2, … of shape `[count]`.
  public static func arange(_ count: Int) -> Tensor {
    Tensor(shape: [count], storage: (0..<count).map(Float.init))
  }

  /// Normal values of mean 0 and variance 1.
  public static func randn(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> Tensor {
    let count = shape.reduce(1, *)
    var values: [Float] = []
    values.reserveCapacity(count + 1)
    while values.count < count {
      let (a, b) = generator.normalPair()
      values.append(Float(a))
      values.append(Float(b))
    }
    return Tensor(shape: shape, values: Array(values.prefix(count)))
  }

  /// Normal values of mean 0 and variance 1; equal seeds give equal tensors, nil gives new ones each time.
  public static func randn(_ shape: [Int], seed: UInt64? = nil) -> Tensor {
    var generator = RandomSource(seed: seed ?? .random(in: 0...UInt64.max))
    return randn(shape, using: &generator)
  }

  /// Values uniform in `range`.
  public static func uniform(
    _ shape: [Int], in range: Range<Float> = 0..<1, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let width = Double(range.upperBound) - Double(range.lowerBound)
    let values = (0..<shape.reduce(1, *)).map { _ in Float(Double(range.lowerBound) + width * generator.uniform()) }
    return Tensor(shape: shape, values: values)
  }

  /// Values uniform in `range`; equal seeds give equal tensors, nil gives new ones each time.
  public static func uniform(_ shape: [Int], in range: Range<Float> = 0..<1, seed: UInt64? = nil) -> Tensor {
    var generator = RandomSource(seed: seed ?? .random(in: 0...UInt64.max))
    return uniform(shape, in: range, using: &generator)
  }
}
