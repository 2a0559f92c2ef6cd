internal import DenseNets

/// The order in which an epoch visits the training images.
public enum EpochOrder {
  /// A permutation of `0..<count` that depends on its arguments alone: the same on every platform and in every release.
  ///
  /// Fisher–Yates, with unbiased draws from xoshiro256** seeded by SplitMix64.
  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - epoch: the epoch's number; every epoch has an order of its own.
  /// - Complexity: O(count)
  public static func shuffled(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    precondition(count >= 0, "a number of images must not be negative, found \(count)")
    var generator = Xoshiro256(seed: seed, stream: UInt64(bitPattern: Int64(epoch)))
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, generator.next(below: last + 1))
    }
    return order
  }

  /// What one of several ranks trains on, of an epoch that all go through together.
  ///
  /// Each batch of the whole order is split among the ranks, so that every rank has as many batches as the epoch has. A
  /// rank's part of a batch is a run of it; parts differ by at most one image, so their means must be weighted by their
  /// counts. Of a batch with fewer images than ranks, the last ranks get none.
  /// - Parameters:
  ///   - rank: in `0..<ranks`.
  ///   - order: the images of the epoch, the same for all ranks.
  ///   - batchSize: the images per batch of all ranks together.
  /// - Returns: for each batch, the rank's images, possibly none.
  public static func shard(_ rank: Int, of ranks: Int, order: [Int], batchSize: Int) -> [[Int]] {
    precondition(ranks > 0 && (0..<ranks).contains(rank), "expected a rank in 0..<\(ranks), found \(rank)")
    precondition(batchSize > 0, "a batch needs at least one image, found a batch size of \(batchSize)")
    return stride(from: 0, to: order.count, by: batchSize).map { start in
      let own = part(rank, of: ranks, count: min(batchSize, order.count - start))
      return Array(order[start + own.lowerBound..<start + own.upperBound])
    }
  }

  /// A rank's part of a batch of `count` images.
  static func part(_ rank: Int, of ranks: Int, count: Int) -> Range<Int> {
    LabeledBatch.images(of: rank, of: ranks, count: count)
  }
}

/// xoshiro256** 1.0 (Blackman and Vigna, 2018).
struct Xoshiro256: RandomNumberGenerator {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  init(seed: UInt64, stream: UInt64) {
    var streamKey = RandomSource(seed: stream)
    var mix = RandomSource(seed: seed ^ streamKey.next())
    state = (mix.next(), mix.next(), mix.next(), mix.next())
  }

  mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotated(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotated(state.3, 45)
    return result
  }
}

extension RandomNumberGenerator {
  /// A uniform draw from `0..<bound`, by Lemire's multiplication (2019), which rejects what would bias it.
  mutating func next(below bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }
}
