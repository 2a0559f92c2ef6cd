public import DenseNets

/// A partition of rows for cross-validation: each row is held out once.
public struct Folds: Sendable, Equatable {
  /// The number of parts.
  public let count: Int
  /// The part in which each row is held out, from 0.
  public let ofRow: [Int]

  /// Parts of random rows, which the seed decides; their sizes differ by one row at most.
  /// - Throws: `Failure(.usage)` where a part would be empty, or too few rows would be left to learn from.
  public init(rows: Int, count: Int, seed: UInt64) throws(Failure) {
    guard count >= 2, count <= rows, rows >= 3 else {
      throw Failure(
        .usage,
        "expected at least 3 rows and from 2 folds up to one per row, found \(count) folds of \(rows) rows; choose another number of folds",
        settings: ["folds"])
    }
    let order = EpochOrder.shuffled(count: rows, seed: seed, epoch: 0)
    var folds = [Int](repeating: 0, count: rows)
    for (position, row) in order.enumerated() { folds[row] = position * count / rows }
    (self.count, ofRow) = (count, folds)
  }

  /// The rows to learn from, in the order of the table, when `fold` is held out.
  public func training(_ fold: Int) -> [Int] { ofRow.indices.filter { ofRow[$0] != fold } }
  /// The rows held out.
  public func validation(_ fold: Int) -> [Int] { ofRow.indices.filter { ofRow[$0] == fold } }
}
