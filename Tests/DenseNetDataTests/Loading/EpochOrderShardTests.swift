import Testing

@testable import DenseNetData

@Suite struct EpochOrderShardTests {
  /// Batch by batch, the ranks' parts put together are the batch.
  @Test(arguments: [1, 2, 3, 4, 7], [1, 4, 10, 64])
  func shardsOfABatchAreDisjointAndCoverIt(ranks: Int, batchSize: Int) {
    for count in [0, 1, 3, 40, 41, 63] {
      let order = EpochOrder.shuffled(count: count, seed: 5, epoch: 2)
      let shards = (0..<ranks).map { EpochOrder.shard($0, of: ranks, order: order, batchSize: batchSize) }
      let batchCount = (count + batchSize - 1) / batchSize
      #expect(shards.allSatisfy { $0.count == batchCount })
      for number in 0..<batchCount {
        let batch = order[number * batchSize..<min((number + 1) * batchSize, count)]
        #expect(shards.flatMap { $0[number] } == Array(batch))
        let counts = shards.map { $0[number].count }
        #expect(counts.max()! - counts.min()! <= 1)
      }
    }
  }

  @Test func aBatchOfFewerImagesThanRanksLeavesTheLastRanksNone() {
    let parts = (0..<4).map { EpochOrder.shard($0, of: 4, order: [7, 3, 5, 9, 1, 0], batchSize: 4) }
    #expect(parts == [[[7], [1]], [[3], [0]], [[5], []], [[9], []]])
  }
}
