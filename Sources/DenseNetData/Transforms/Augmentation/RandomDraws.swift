import DenseNets
import Foundation

/// The random numbers of one image or one batch: a function of the run's seed, the epoch, and a number, and of nothing
/// else.
struct RandomDraws {
  /// What the numbers are for, so that no two uses share any.
  enum Purpose: UInt64 {
    case image = 1
    case erasing, mixup, split, limit, flip, cutmix
  }

  private var source: RandomSource

  /// - Parameter number: the image's index in the dataset, or the batch's in the epoch.
  init(seed: UInt64, purpose: Purpose, epoch: Int, number: Int) {
    var key = seed
    for part in [purpose.rawValue, UInt64(bitPattern: Int64(epoch)), UInt64(bitPattern: Int64(number))] {
      var mix = RandomSource(seed: key)
      var other = RandomSource(seed: mix.next() ^ part)
      key = other.next()
    }
    source = RandomSource(seed: key)
  }

  /// In 0..<1.
  mutating func uniform() -> Double { Double(source.next() >> 11) * 0x1p-53 }

  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// A whole number in 0..<bound, all equally probable.
  mutating func below(_ bound: Int) -> Int { source.next(below: bound) }

  mutating func happens(_ probability: Double) -> Bool { uniform() < probability }

  /// A random order of 0..<count.
  mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, below(last + 1)) }
    return order
  }

  /// From Beta(α, α), as a ratio of gamma variates, whose logarithms neither vanish nor overflow for a small α.
  mutating func beta(_ alpha: Double) -> Double {
    let (a, b) = (logGamma(alpha), logGamma(alpha))
    return 1 / (1 + exp(b - a))
  }

  /// The logarithm of a gamma variate of shape α (Marsaglia and Tsang 2000): for shape α + 1, times a power of a
  /// uniform one.
  private mutating func logGamma(_ alpha: Double) -> Double {
    let d = alpha + 1 - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = pow(1 + c * x, 3)
      let u = 1 - uniform()
      if v > 0, log(u) < 0.5 * x * x + d - d * v + d * log(v) {
        return log(d * v) + log(1 - uniform()) / alpha
      }
    }
  }

  /// Of mean 0 and variance 1 (Box and Muller 1958).
  private mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }
}
