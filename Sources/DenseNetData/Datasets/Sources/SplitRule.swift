import DenseNets

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

  /// The images to test on where each belongs to a group that must not be parted: groups in random order, as long as
  /// they bring the test images closer to the share. At least one group is for either side.
  /// - Throws: `Failure(.invalidData)` where there is one group alone.
  func testIndices(groups: [String]) throws(Failure) -> Set<Int> {
    var members: [String: [Int]] = [:]
    for (index, group) in groups.enumerated() { members[group, default: []].append(index) }
    guard members.count > 1 else {
      throw Failure(
        .invalidData,
        "expected two groups or more to split, found \(members.isEmpty ? "none" : "one, \(groups[0])"); name another column",
        settings: ["groupColumn"])
    }
    // Sorted, so that the choice does not depend on the order of rows.
    let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var draws = RandomDraws(seed: seed, purpose: .split, epoch: 0, number: 0)
    let order = draws.permutation(names.count).map { members[names[$0]]! }
    let wanted = testShare * Double(groups.count)
    var (result, count): (Set<Int>, Int) = ([], 0)
    for group in order where count + group.count < groups.count {
      guard abs(Double(count + group.count) - wanted) < abs(Double(count) - wanted) else { continue }
      result.formUnion(group)
      count += group.count
    }
    return result.isEmpty ? Set(order.min { $0.count < $1.count }!) : result
  }

  /// The images to test on where each has several labels: the same share of the images of each label, as far as that
  /// goes. An image counts for the rarest label that it has.
  func testIndices(_ matrix: LabelMatrix) -> Set<Int> {
    let positives = matrix.positives
    let rarest = (0..<matrix.count).map { image in
      let present = matrix.row(image).enumerated().filter { $0.element == LabelMatrix.present }.map(\.offset)
      return Int32(present.min { (positives[$0], $0) < (positives[$1], $1) } ?? matrix.labels)
    }
    return testIndices(labels: rarest, classes: matrix.labels + 1)
  }
}
