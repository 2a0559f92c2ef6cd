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
  /// What else a user wants to see before training, one per line.
  public let notes: [String]

  init(
    train: LabeledImageFiles, validation: LabeledImageFiles? = nil, test: LabeledImageFiles, origin: String,
    warnings: [String], notes: [String] = []
  ) {
    (self.train, self.validation, self.test) = (train, validation, test)
    (self.origin, self.warnings, self.notes) = (origin, warnings, notes)
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
    if let matrix = train.labelMatrix {
      let values = [train, test, validation].flatMap { $0?.labelMatrix?.values ?? [] }
      return LabeledImageFiles(
        name: train.name, labelNames: train.classNames, root: train.root, paths: paths,
        matrix: LabelMatrix(labels: matrix.labels, values: values))
    }
    return LabeledImageFiles(
      name: train.name, classNames: train.classNames, root: train.root, paths: paths, labels: labels)
  }

  /// How many images there are.
  package var count: Int { train.count + (validation?.count ?? 0) + test.count }

  /// Classes that nothing is known of after training, a line for each part.
  /// - Parameter place: where the images are.
  static func untested(_ place: String, test: LabeledImageFiles, validation: LabeledImageFiles?) -> [String] {
    if test.labelMatrix != nil { return alike(place, test: test, validation: validation) }
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

  /// The same of several labels: those in which all images are alike.
  private static func alike(_ place: String, test: LabeledImageFiles, validation: LabeledImageFiles?) -> [String] {
    [("test", test), ("validation", validation)].compactMap { part, images in
      guard let images, images.count > 0, let matrix = images.labelMatrix else { return nil }
      let (positives, negatives) = (matrix.positives, matrix.negatives)
      let names = images.classNames.indices.filter { positives[$0] == 0 || negatives[$0] == 0 }
      guard !names.isEmpty else { return nil }
      return
        "\(place): the \(part) images are all alike in, so AUROC leaves out \(shortList(names.map { images.classNames[$0] }))"
    }
  }
}
