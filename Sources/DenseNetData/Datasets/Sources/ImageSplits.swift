/// Training and test images in files.
public struct ImageSplits: Sendable {
  public let train: LabeledImageFiles
  public let test: LabeledImageFiles
  /// For a person to read: `images of 3 classes from flowers`.
  public let origin: String
  /// What the user should know before trusting a result, one per line.
  public let warnings: [String]
  /// What else a user wants to see before training, one per line.
  public var notes: [String] = []
}
