import DenseNetData
import DenseNets

/// A user's own images, those for testing: in files, some of which may not be readable.
struct EvaluationImages {
  /// Where they are, for messages.
  let path: String
  let classNames: [String]
  let examples: [ImageFolder.Example]
  let skipped: [SkippedImage]
  /// What a person should know of how they were found.
  var notes: [String] = []

  /// Finds those for testing: of a folder `val` or `test`, of a table the rows of these, else all, or the part that
  /// training with the same rule has left for testing.
  /// - Parameters:
  ///   - classNames: of the network; nil takes those of the images, sorted.
  ///   - rule: nil where all images count that are not split already.
  init(_ source: ImageSource, classNames: [String]?, rule: SplitRule?) throws {
    if let rule {
      let splits = try source.splits(rule)
      let test = splits.test
      notes = splits.warnings
      let labels = try Self.labels(of: test.classNames, among: classNames ?? test.classNames, source.path)
      examples = zip(test.paths, test.labels).map { ImageFolder.Example(path: $0, label: labels[Int($1)]) }
      (path, self.classNames, skipped) = (source.path, classNames ?? test.classNames, [])
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
      examples = zip(images.paths, images.labels).map { ImageFolder.Example(path: $0, label: labels[Int($1)]) }
      (path, self.classNames, skipped) = (source.path, classNames ?? names, [])
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
