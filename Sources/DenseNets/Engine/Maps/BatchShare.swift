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
    var all = moments
    replicas.join(&all)
    return all
  }

  /// The moments over the tiles of all replicas.
  ///
  /// Few replicas add them one after the other, in the order of one process: means of few values are often just between
  /// two that a float can have, and every rounding counts. Many join theirs as a tree, which takes less time.
  /// - Parameter tiles: this replica's; nil: it has none.
  func join(_ tiles: TileRows?, channels: Int) -> [Moments] {
    var moments = [Moments](repeating: Moments(count: 0, mean: 0, squares: 0), count: channels)
    guard replicas.count <= Self.fewReplicas else {
      if let tiles { add(tiles, to: &moments) }
      return join(moments)
    }
    let (rank, last) = (replicas.rank, replicas.count - 1)
    func unpacked(_ values: [Double]) -> [Moments] {
      (0..<channels).map {
        Moments(count: values[3 * $0], mean: values[3 * $0 + 1], squares: values[3 * $0 + 2])
      }
    }
    func receive(from rank: Int) -> [Moments] {
      unpacked(replicas.exchange([], from: [(rank, 3 * channels)])[0])
    }
    if rank > 0 { moments = receive(from: rank - 1) }
    if let tiles { add(tiles, to: &moments) }
    let values = moments.flatMap { [$0.count, $0.mean, $0.squares] }
    let targets = rank < last ? [rank + 1] : Array(0..<last)
    _ = replicas.exchange(targets.map { ($0, values) }, from: [])
    return rank < last ? receive(from: last) : moments
  }

  private static let fewReplicas = 4

  /// The images of each replica's part; empty for the last ones where there are too few.
  var parts: [Range<Int>] { (0..<replicas.count).map { Self.part($0, of: replicas.count, count: images) } }
  /// Those of this replica.
  var part: Range<Int> { Self.part(replicas.rank, of: replicas.count, count: images) }

  /// A rank's part of a batch of `count` images: parts differ by at most one image.
  static func part(_ rank: Int, of ranks: Int, count: Int) -> Range<Int> {
    let (each, more) = count.quotientAndRemainder(dividingBy: ranks)
    let first = rank * each + min(rank, more)
    return first..<first + each + (rank < more ? 1 : 0)
  }
}
