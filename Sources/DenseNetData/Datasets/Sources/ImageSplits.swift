/// Training and test images in files, and those for validation, where there are three parts.
public struct ImageSplits: Sendable {
  public let train: LabeledImageFiles
  /// What the best epoch is chosen on; nil: the test images.
  public let validation: LabeledImageFiles?
  /// Empty where all images are for training.
  public let test: LabeledImageFiles
  /// For a person to read: `images of 3 classes from flowers`.
  public let origin: String
  /// What the user should know before trusting a result, one per line.
  public let warnings: [String]

  init(
    train: LabeledImageFiles, validation: LabeledImageFiles? = nil, test: LabeledImageFiles, origin: String,
    warnings: [String]
  ) {
    (self.train, self.validation, self.test) = (train, validation, test)
    (self.origin, self.warnings) = (origin, warnings)
  }

  /// A part of the images.
  public enum Part: String, Sendable, CaseIterable {
    case train
    case validation = "val"
    case test
  }

  /// The images of a part; nil where there is no such part.
  public subscript(part: Part) -> LabeledImageFiles? {
    switch part {
    case .train: train
    case .validation: validation
    case .test: test.count == 0 ? nil : test
    }
  }

  /// The images of all parts.
  package var all: LabeledImageFiles {
    var paths = train.paths + test.paths
    var labels = train.labels + test.labels
    if let validation { (paths, labels) = (paths + validation.paths, labels + validation.labels) }
    return LabeledImageFiles(
      name: train.name, classNames: train.classNames, root: train.root, paths: paths, labels: labels)
  }

  /// How many images there are.
  package var count: Int { train.count + (validation?.count ?? 0) + test.count }

  /// Classes that nothing is known of after training, a line for each part.
  /// - Parameter place: where the images are.
  static func untested(_ place: String, test: LabeledImageFiles, validation: LabeledImageFiles?) -> [String] {
    func names(_ images: LabeledImageFiles) -> String? {
      let counts = images.classCounts
      let absent = counts.indices.filter { counts[$0] == 0 }.map { images.classNames[$0] }
      return absent.isEmpty ? nil : shortList(absent)
    }
    var lines: [String] = []
    if test.count > 0, let names = names(test) {
      lines.append("\(place): no test images of \(names): accuracy says nothing about them")
    }
    if let validation, let names = names(validation) {
      lines.append("\(place): no validation images of \(names): the best epoch is chosen without them")
    }
    return lines
  }
}
