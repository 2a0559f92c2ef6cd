/// A dataset's training and test images, and where they came from.
public struct DatasetSplits: Sendable {
  public let train: any LabeledImages
  public let test: any LabeledImages
  /// Where the images came from, for a person to read: `Fashion-MNIST from /data/fashion-mnist`.
  public let origin: String
  /// What the user should know before trusting a result, one per line: content that is not the published one, or the
  /// sample that stands in for the full set.
  public let warnings: [String]

  public init(
    train: any LabeledImages, test: any LabeledImages, origin: String, warnings: [String] = []
  ) {
    self.train = train
    self.test = test
    self.origin = origin
    self.warnings = warnings
  }
}
