internal import CDenseKernels

/// Batch norm from bytes to bytes, in integers of 16 bits: `(x · slope / 256 + offset) / 2^fraction`, rounded after each
/// division, so that every instruction set gives the same.
struct ByteNormalization: Sendable {
  let slope: Buffer<Int16>
  let offset: Buffer<Int16>
  let fraction: Int

  /// `x · factor + addend` of `count` padded channels, in the smallest unit that has room for it; where `positions` say
  /// nothing, it is 0.
  init(_ values: [(factor: Float, addend: Float)], at positions: [Int], count: Int) {
    let padding = Int(DENSE_INT8_PADDING)
    slope = Buffer((count + padding - 1) / padding * padding)
    offset = Buffer(slope.count)
    let values = values.map(Self.bounded)
    let most = values.reduce(Float(0)) { max($0, abs($1.factor) * 256, abs($1.addend)) }
    let fraction = (1...7).last { most * Float(1 << $0) <= Float(Int16.max) } ?? 1
    for (position, value) in zip(positions, values) {
      slope[position] = Self.word(value.factor * Float(1 << (fraction + 8)))
      offset[position] = Self.word(value.addend * Float(1 << fraction))
    }
    self.fraction = fraction
  }

  /// The same bytes of numbers that are not too great: of a channel that is always 0 or always 255, a constant; of one that
  /// goes from one to the other within four steps, a line as steep as there is room for. What is not finite is 0.
  private static func bounded(_ value: (factor: Float, addend: Float)) -> (factor: Float, addend: Float) {
    let steepest: Float = 63
    guard value.factor.isFinite, value.addend.isFinite, (value.addend + 255 * value.factor).isFinite else {
      return (0, 0)
    }
    let ends = [value.addend, value.addend + 255 * value.factor]
    if ends.max()! <= 0 { return (0, 0) }
    if ends.min()! >= 255 { return (0, 255) }
    let part = min(1, steepest / abs(value.factor))
    return part < 1 ? (value.factor * part, value.addend * part) : value
  }

  private static func word(_ value: Float) -> Int16 {
    Int16(min(max(value.rounded(), -32767), 32767))
  }
}
