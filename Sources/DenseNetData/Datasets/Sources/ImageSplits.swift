import DenseNets

/// Training and test images in files.
public struct ImageSplits: Sendable {
  public let train: LabeledImageFiles
  public let test: LabeledImageFiles
  /// For a person to read: `images of 3 classes from flowers`.
  public internal(set) var origin: String
  /// What the user should know before trusting a result, one per line.
  public internal(set) var warnings: [String]

  /// With more for the user to know, before what is known already.
  func noting(_ notes: [String]) -> ImageSplits {
    var result = self
    result.warnings = notes.map { printable($0) } + warnings
    return result
  }
}
