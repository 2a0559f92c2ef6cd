/// A replica's part of the batch that passes through a network, for what depends on the whole batch: its statistics, and
/// where dropout drops.
struct BatchShare: Sendable {
  let replicas: any Replicas
  /// Of the whole batch.
  let images: Int
  /// Where the part begins in the whole batch.
  let firstImage: Int
  /// Whether the images are another replica's, and count for nothing here: a part may be empty.
  let isStandIn: Bool
  let sharesStatistics: Bool

  /// Of this task; nil: there are no replicas, or the pass is not one of training.
  @TaskLocal static var current: BatchShare?

  /// Where statistics are those of the whole batch.
  static var ofStatistics: BatchShare? { current.flatMap { $0.sharesStatistics ? $0 : nil } }

  /// The values of each channel of a map, of all replicas where they share statistics.
  static func count(images: Int, area: Int) -> Int { (ofStatistics?.images ?? images) * area }

  /// Sums over all replicas; what a stand-in has is left out.
  /// - Returns: this replica's own part, and the sums.
  func sum(_ values: [Double]) -> (own: [Double], all: [Double]) {
    let own = isStandIn ? [Double](repeating: 0, count: values.count) : values
    var all = own
    replicas.sum(&all)
    return (own, all)
  }

  func join(_ moments: [Moments]) -> [Moments] {
    var all = isStandIn ? moments.map { _ in Moments(count: 0, mean: 0, squares: 0) } : moments
    replicas.join(&all)
    return all
  }
}

extension ChannelStatistics {
  /// Makes those of this replica's values those of all replicas' values.
  /// - Parameter own: the values of each channel here.
  func join(_ channels: Range<Int>, own: Int, _ share: BatchShare) {
    let joined = share.join(
      channels.map {
        Moments(count: Double(own), mean: Double(mean[$0]), squares: Double(variance[$0]) * Double(own))
      })
    for (c, moments) in zip(channels, joined) {
      mean[c] = Float(moments.mean)
      variance[c] = Float(moments.squares / moments.count)
    }
  }
}
