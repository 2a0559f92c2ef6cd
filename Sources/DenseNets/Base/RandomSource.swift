internal import Foundation

/// A seeded generator (SplitMix64, Steele et al. 2014): equal seeds give equal numbers on every machine.
public struct RandomSource: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return RandomSource.finish(state)
  }

  /// A number that depends on `value` alone, as if drawn: for masks that are functions of a position.
  static func mix(_ value: UInt64) -> UInt64 { finish(value &+ 0x9E37_79B9_7F4A_7C15) }

  private static func finish(_ state: UInt64) -> UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension RandomNumberGenerator {
  /// Uniform in 0..<1, with 53 bits.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Two independent normal values of mean 0 and variance 1 (Box and Muller 1958).
  mutating func normalPair() -> (Double, Double) {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * cos(angle), radius * sin(angle))
  }
}
