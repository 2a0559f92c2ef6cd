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
    if !groups.isEmpty { return try heldOut(groups: groups, classes: images.classesOfEach) }
    guard let matrix = images.labelMatrix else { return heldOut(labels: images.labels, classes: images.numClasses) }
    return heldOut(labels: matrix.rarest, classes: matrix.labels + 1)
  }
}
