import DenseNets

/// Which images make each batch of a pass, or a replica's part of it.
struct BatchPlan: Sendable {
  /// The images of the pass, the same for all replicas.
  let order: [Int]
  /// Of all replicas together.
  let batchSize: Int
  /// Nil: all of each batch.
  let replica: (rank: Int, count: Int)?

  /// One batch.
  struct Batch: Sendable {
    let number: Int
    /// The indices of the images to read: the part's, and where images are mixed, then each one's partner.
    let indices: [Int]
    /// The images of the part: as many of the first.
    let count: Int
    /// Nil: the batch is whole.
    let part: LabeledBatch.Part?

    /// Where the image lies among ``indices`` that image `n` of the part is mixed with: at the same distance from the
    /// whole batch's other end.
    func partner(of n: Int) -> Int { part == nil ? count - 1 - n : count + n }
    /// Whether it is its own partner.
    func isAlone(_ n: Int) -> Bool { part.map { 2 * ($0.first + n) + 1 == $0.wholeCount } ?? (2 * n + 1 == count) }
  }

  var count: Int { (order.count + batchSize - 1) / batchSize }

  /// - Parameter mixes: whether each image needs the one at the same distance from the batch's other end.
  func batch(_ number: Int, mixes: Bool) -> Batch {
    let whole = order[number * batchSize..<min((number + 1) * batchSize, order.count)]
    guard let replica else { return Batch(number: number, indices: Array(whole), count: whole.count, part: nil) }
    var own = EpochOrder.part(replica.rank, of: replica.count, count: whole.count)
    let isEmpty = own.isEmpty
    if isEmpty { own = 0..<1 }
    let partners = mixes ? own.map { whole.endIndex - 1 - $0 } : []
    return Batch(
      number: number, indices: own.map { whole[whole.startIndex + $0] } + partners.map { whole[$0] }, count: own.count,
      part: LabeledBatch.Part(wholeCount: whole.count, first: own.lowerBound, isStandIn: isEmpty))
  }
}
