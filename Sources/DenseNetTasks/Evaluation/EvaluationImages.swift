import DenseNetData
import DenseNets

/// Which of a user's own images are evaluated.
public enum EvaluationPart: String, Sendable, CaseIterable {
  case train
  case validation = "val"
  case test
  /// Of all parts.
  case all
}

/// A user's own images, those to evaluate: in files, some of which may not be readable.
struct EvaluationImages {
  /// Where they are, for messages.
  let path: String
  let classNames: [String]
  let examples: [ImageFolder.Example]
  let skipped: [SkippedImage]
  /// What a person should know of how they were found.
  var notes: [String] = []

  /// Finds those for testing, or of another part.
  /// - Parameters:
  ///   - classNames: of the network; nil takes those of the images, sorted.
  ///   - part: nil: those for testing, else for validation, where the images come in parts; else all.
  ///   - rule: how images are split that do not come in parts; nil: they are not.
  init(_ source: ImageSource, classNames: [String]?, part: EvaluationPart?, rule: SplitRule?) throws {
    if let rule {
      let splits = try source.splits(rule)
      let images = try Self.images(source, part ?? .test, splits)
      notes = splits.warnings
      let labels = try Self.labels(of: images.classNames, among: classNames ?? images.classNames, source.path)
      examples = Self.examples(images, labels)
      (path, self.classNames, skipped) = (source.path, classNames ?? images.classNames, [])
      return
    }
    switch source {
    case .folder(let folder):
      let images = try ImageFolder(folder, classNames: classNames)
      (path, self.classNames, examples, skipped) = (images.path, images.classNames, images.examples, images.skipped)
      notes = images.notes
    case .table:
      let images = try source.testImages()
      let names = images.classNames
      let labels = try Self.labels(of: names, among: classNames ?? names, source.path)
      examples = Self.examples(images, labels)
      (path, self.classNames, skipped) = (source.path, classNames ?? names, [])
    }
  }

  static func images(
    _ source: ImageSource, _ part: EvaluationPart, _ splits: ImageSplits
  ) throws -> LabeledImageFiles {
    if part == .all { return splits.all }
    guard let own = ImageSplits.Part(rawValue: part.rawValue), let images = splits[own] else {
      throw Failure(
        .invalidData,
        "\(source.path): expected images of the part \(part.rawValue), found none; choose another part, or shares that hold some out",
        settings: ["part", "validationShare", "testShare"])
    }
    return images
  }

  private static func examples(_ images: LabeledImageFiles, _ labels: [Int]) -> [ImageFolder.Example] {
    images.paths.indices.map {
      ImageFolder.Example(path: images.paths[$0], label: labels[Int(images.labels[$0])], name: images.names[$0])
    }
  }

  /// The network's label for each class of the images.
  private static func labels(of names: [String], among known: [String], _ path: String) throws -> [Int] {
    try names.map { name in
      guard let label = known.firstIndex(of: name) else {
        throw Failure(
          .invalidData,
          "\(path): expected one of the model's \(known.count) classes, found \(name); rename or remove its images")
      }
      return label
    }
  }
}
