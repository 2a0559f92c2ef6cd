import DenseNets
import Testing

@testable import DenseNetData

@Suite struct EpochOrderTests {
  @Test(arguments: [0, 1, 2, 7, 1000])
  func isPermutation(count: Int) {
    #expect(EpochOrder.shuffled(count: count, seed: 1, epoch: 0).sorted() == Array(0..<count))
  }

  @Test func dependsOnSeedAndEpochAlone() {
    let order = EpochOrder.shuffled(count: 100, seed: 3, epoch: 4)
    #expect(order == EpochOrder.shuffled(count: 100, seed: 3, epoch: 4))
    #expect(order != EpochOrder.shuffled(count: 100, seed: 3, epoch: 5))
    #expect(order != EpochOrder.shuffled(count: 100, seed: 4, epoch: 4))
    #expect(
      EpochOrder.shuffled(count: 100, seed: 0, epoch: 1) != EpochOrder.shuffled(count: 100, seed: 1, epoch: 0))
  }

  /// Every position gets every value about equally often: χ² of 9 degrees of freedom stays under its 1e-6 quantile.
  @Test func isUniform() {
    var counts = [[Double]](repeating: [Double](repeating: 0, count: 10), count: 10)
    let trials = 20_000
    for epoch in 0..<trials {
      for (position, value) in EpochOrder.shuffled(count: 10, seed: 42, epoch: epoch).enumerated() {
        counts[position][value] += 1
      }
    }
    let expected = Double(trials) / 10
    for row in counts {
      #expect(row.map { ($0 - expected) * ($0 - expected) / expected }.reduce(0, +) < 46)
    }
  }

  /// The first numbers of SplitMix64 from 1234567, as its authors' C program prints them.
  @Test func splitMixIsTheirs() {
    var generator = RandomSource(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
    #expect(generator.next() == 9_817_491_932_198_370_423)
  }
}
