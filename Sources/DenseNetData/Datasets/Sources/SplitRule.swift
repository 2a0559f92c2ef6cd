/// How images without a split of their own are split: the same share of each class, at random.
public struct SplitRule: Sendable, Equatable {
  /// The share of each class for testing: at least one image of two or more, and never all.
  public var testShare: Double
  public var seed: UInt64

  /// - Precondition: 0 < testShare < 1.
  public init(testShare: Double = 0.2, seed: UInt64 = 0) {
    precondition(testShare > 0 && testShare < 1, "a share is between 0 and 1, found \(testShare)")
    (self.testShare, self.seed) = (testShare, seed)
  }

  /// The images to test on; a function of the labels, the share and the seed.
  func testIndices(labels: [Int32], classes: Int) -> Set<Int> {
    var members = [[Int]](repeating: [], count: classes)
    for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
    var result: Set<Int> = []
    for (label, indices) in members.enumerated() where indices.count > 1 {
      var draws = RandomDraws(seed: seed, purpose: .split, epoch: 0, number: label)
      let wanted = Int((Double(indices.count) * testShare).rounded())
      result.formUnion(
        draws.permutation(indices.count).prefix(min(max(wanted, 1), indices.count - 1)).map { indices[$0] })
    }
    return result
  }
}
