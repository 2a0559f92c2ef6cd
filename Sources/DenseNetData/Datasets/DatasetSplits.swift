/// A dataset's training and test images, those for validation where there are three parts, and where they came from.
public struct DatasetSplits: Sendable {
  public let train: any LabeledImages
  /// What the best epoch is chosen on; nil: the test images.
  public let validation: (any LabeledImages)?
  /// Empty where all images are for training.
  public let test: any LabeledImages
  /// Where the images came from, for a person to read: `Fashion-MNIST from /data/fashion-mnist`.
  public let origin: String
  /// What the user should know before trusting a result, one per line: content that is not the published one, or the
  /// sample that stands in for the full set.
  public let warnings: [String]
  /// How the images were split, where they did not come in parts.
  package var rule: SplitRule?
  /// How a part was taken from the training images, where they came in parts; nil: none was.
  package var carved: SplitRule?
  /// The shapes of images in files.
  package var shapes = ImageShapes()

  public init(
    train: any LabeledImages, validation: (any LabeledImages)? = nil, test: any LabeledImages, origin: String,
    warnings: [String] = []
  ) {
    self.train = train
    self.validation = validation
    self.test = test
    self.origin = origin
    self.warnings = warnings
  }
}
