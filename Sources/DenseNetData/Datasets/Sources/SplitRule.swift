import DenseNets

/// How images without a split of their own are split: the same shares of each class, at random.
public struct SplitRule: Sendable, Equatable {
  /// The share of each class for testing: at least one image of two or more, and never all. 0: none.
  public var testShare: Double
  /// The share of each class for validation, beside the one for testing: at least one image of three or more. 0: none.
  public var validationShare: Double
  public var seed: UInt64
  /// Where images come with training and test images only, the share of each class of the former for validation; 0: none.
  package var carvedValidationShare = 0.0
  /// Where images come with training and validation images only, the share of each class of the former for testing.
  package var carvedTestShare = 0.0
  /// Whether a validation part takes the place of a test part, as in versions that knew two parts only.
  package var hasTwoParts = false

  /// - Precondition: shares are from 0 to below 1, and so is their sum.
  public init(testShare: Double = 0.2, validationShare: Double = 0, seed: UInt64 = 0) {
    precondition(
      testShare >= 0 && validationShare >= 0 && testShare + validationShare < 1,
      "shares are from 0, and below 1 together, found \(testShare) and \(validationShare)")
    (self.testShare, self.validationShare, self.seed) = (testShare, validationShare, seed)
  }

  /// The images to test and to validate on; a function of the labels, the shares and the seed.
  func heldOut(labels: [Int32], classes: Int) -> (test: Set<Int>, validation: Set<Int>) {
    var members = [[Int]](repeating: [], count: classes)
    for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
    var (test, validation): (Set<Int>, Set<Int>) = ([], [])
    for (label, indices) in members.enumerated() where indices.count > 1 {
      var draws = RandomDraws(seed: seed, purpose: .split, epoch: 0, number: label)
      let order = draws.permutation(indices.count).map { indices[$0] }
      let counts = counts(of: indices.count)
      test.formUnion(order.prefix(counts.test))
      validation.formUnion(order.dropFirst(counts.test).prefix(counts.validation))
    }
    return (test, validation)
  }

  /// The images of a class of so many, two at least, to test and to validate on.
  private func counts(of count: Int) -> (test: Int, validation: Int) {
    func wanted(_ share: Double) -> Int { share > 0 ? max(1, Int((Double(count) * share).rounded())) : 0 }
    var (test, validation) = (wanted(testShare), wanted(validationShare))
    // One is left to learn from.
    while test + validation > count - 1 {
      if validation >= test { validation -= 1 } else { test -= 1 }
    }
    return (test, validation)
  }

  /// The same for images of one class or of several labels each; those of a group stay together.
  /// - Parameter groups: of each image; empty: there are none.
  /// - Throws: `Failure(.invalidData)` where there are fewer groups than parts.
  func heldOut(
    of images: LabeledImageFiles, groups: [String]
  ) throws(Failure) -> (test: Set<Int>, validation: Set<Int>) {
    if !groups.isEmpty { return try heldOut(groups: groups) }
    guard let matrix = images.labelMatrix else { return heldOut(labels: images.labels, classes: images.numClasses) }
    return heldOut(labels: matrix.rarest, classes: matrix.labels + 1)
  }

  /// The images to test and to validate on where each belongs to a group that must not be parted: groups in random
  /// order, as long as they bring a part closer to its share. At least one group is for each part.
  /// - Throws: `Failure(.invalidData)` where there are fewer groups than parts.
  func heldOut(groups: [String]) throws(Failure) -> (test: Set<Int>, validation: Set<Int>) {
    var members: [String: [Int]] = [:]
    for (index, group) in groups.enumerated() { members[group, default: []].append(index) }
    let parts = 1 + [testShare, validationShare].count { $0 > 0 }
    guard members.count >= parts else {
      throw Failure(
        .invalidData,
        "expected \(parts) groups or more for \(parts) parts, found \(members.count == 1 ? "one, \(groups[0])" : "\(members.count)"); name another column",
        settings: ["groupColumn"])
    }
    // Sorted, so that the choice does not depend on the order of rows.
    let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var draws = RandomDraws(seed: seed, purpose: .split, epoch: 0, number: 0)
    var open = draws.permutation(names.count).map { members[names[$0]]! }
    /// Groups for a part, which leave as many as other parts need.
    func take(_ share: Double, leaving least: Int) -> Set<Int> {
      guard share > 0 else { return [] }
      let wanted = share * Double(groups.count)
      var (taken, count): (Set<Int>, Int) = ([], 0)
      for index in open.indices where open.count - taken.count > least {
        let next = count + open[index].count
        guard abs(Double(next) - wanted) < abs(Double(count) - wanted) else { continue }
        taken.insert(index)
        count = next
      }
      if taken.isEmpty { taken.insert(open.indices.min { open[$0].count < open[$1].count }!) }
      let images = Set(taken.flatMap { open[$0] })
      open = open.indices.filter { !taken.contains($0) }.map { open[$0] }
      return images
    }
    let test = take(testShare, leaving: parts - 1)
    return (test, take(validationShare, leaving: 1))
  }
}
