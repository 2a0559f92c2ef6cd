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
  /// Whether the images for testing came as such, so that `val` is no name for them.
  package var comesWithTest = false
  /// How a part was taken from the training images, of images that came in parts; nil: none was.
  package var carved: SplitRule?
  /// The shapes of the images, once each was decoded.
  package var shapes = ImageShapes()

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

  /// The images of a part; nil where there is no such part. Of two parts, those held out are both for validation and for
  /// testing, unless they came as test images.
  public subscript(part: Part) -> LabeledImageFiles? {
    let tested = test.count == 0 ? nil : test
    switch part {
    case .train: return train
    case .validation: return validation ?? (comesWithTest ? nil : tested)
    case .test: return tested
    }
  }

  /// The images of all parts.
  package var all: LabeledImageFiles {
    let parts = [train, test, validation].compactMap(\.self)
    let (paths, names) = (parts.flatMap(\.paths), parts.flatMap(\.names))
    if let matrix = train.labelMatrix {
      let values = parts.flatMap { $0.labelMatrix?.values ?? [] }
      return LabeledImageFiles(
        name: train.name, labelNames: train.classNames, root: train.root, paths: paths, named: names,
        matrix: LabelMatrix(labels: matrix.labels, values: values))
    }
    return LabeledImageFiles(
      name: train.name, classNames: train.classNames, root: train.root, paths: paths, named: names,
      labels: parts.flatMap(\.labels))
  }

  /// How many images there are.
  package var count: Int { train.count + (validation?.count ?? 0) + test.count }

  /// What the images leave open, a line each: classes that nothing can be learnt of, and those of which nothing is known
  /// afterwards.
  /// - Parameter place: where the images are.
  static func gaps(
    _ place: String, train: LabeledImageFiles, test: LabeledImageFiles, validation: LabeledImageFiles?
  ) -> [String] {
    if test.labelMatrix != nil { return unranked(place, test: test, validation: validation) }
    func names(_ images: LabeledImageFiles) -> String? {
      let counts = images.classCounts
      let absent = counts.indices.filter { counts[$0] == 0 }.map { images.classNames[$0] }
      return absent.isEmpty ? nil : shortList(absent)
    }
    var lines: [String] = []
    if let names = names(train) {
      lines.append(
        "\(place): no training images of \(names): nothing of them can be learnt; hold out less, choose another split seed, or add images of other groups"
      )
    }
    if test.count > 0, let names = names(test) {
      lines.append("\(place): no test images of \(names): accuracy says nothing about them")
    }
    if let validation, let names = names(validation) {
      lines.append("\(place): no validation images of \(names): the best epoch is chosen without them")
    }
    return lines
  }

  /// The same of several labels: those that no image has, or every one, or of which nothing is known.
  private static func unranked(_ place: String, test: LabeledImageFiles, validation: LabeledImageFiles?) -> [String] {
    [("test", test), ("validation", validation)].flatMap { part, images -> [String] in
      guard let images, images.count > 0, let matrix = images.labelMatrix else { return [] }
      let (positives, negatives) = (matrix.positives, matrix.negatives)
      func line(_ text: String, _ belongs: (Int) -> Bool) -> String? {
        let names = images.classNames.indices.filter(belongs).map { images.classNames[$0] }
        return names.isEmpty
          ? nil
          : "\(place): \(text) \(shortList(names)): AUROC and average precision leave \(names.count == 1 ? "it" : "them") out"
      }
      return [
        line("no \(part) image is known to have") { positives[$0] == 0 && negatives[$0] > 0 },
        line("every \(part) image that says so has") { positives[$0] > 0 && negatives[$0] == 0 },
        line("no \(part) image says whether it has") { positives[$0] + negatives[$0] == 0 },
      ].compactMap(\.self)
    }
  }
}
