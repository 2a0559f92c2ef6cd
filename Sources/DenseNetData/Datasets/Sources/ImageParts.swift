import DenseNets

/// The images of a source by the parts that it comes in; only `train` where it is to be split.
struct ImageParts {
  /// The folder that paths in fingerprints are relative to.
  let root: String
  var train: [LabeledPath]
  var validation: [LabeledPath]?
  var test: [LabeledPath]?
  var warnings: [String] = []
  /// Where images have several labels each.
  var labels: Labels?
  /// Where the parts are, for a person to read, where they have unusual names or places.
  var places: String?

  /// The names of several labels, and how many of a table's fields leave a label open.
  struct Labels {
    let names: [String]
    let uncertain: Int
    let unknown: Int
    let blank: Int
  }

  /// Of each training image what it must not be parted from; empty where there are no groups.
  var groups: [String] { train.compactMap(\.group) }

  /// Each two parts that there are, with their names.
  private var pairs: [(names: (String, String), images: ([LabeledPath], [LabeledPath]))] {
    let parts: [(String, [LabeledPath]?)] = [("training", train), ("validation", validation), ("testing", test)]
    let present = parts.compactMap { name, images in images.map { (name, $0) } }
    return present.indices.flatMap { first in
      present[(first + 1)...].map { ((present[first].0, $0.0), (present[first].1, $0.1)) }
    }
  }

  /// Warnings about groups that are in two parts.
  func sharedGroups(_ place: String) -> [String] {
    pairs.compactMap { names, images in
      let shared = Set(images.0.compactMap(\.group)).intersection(images.1.compactMap(\.group))
      guard let first = shared.min() else { return nil }
      return
        "\(place): \(grouped(shared.count)) group\(shared.count == 1 ? " has" : "s have") images both for \(names.0) and for \(names.1), such as \(first): results are overestimated; correct the column split, or remove it"
    }
  }

  /// Whether the source has a split of its own.
  var isSplit: Bool { validation != nil || test != nil }

  /// The images in the class folders of a folder, for training.
  /// - Parameter check: what the folder must meet.
  mutating func images(
    inClassesOf folder: String, _ check: (ImageFolder) throws(Failure) -> Void
  ) throws(Failure) -> [LabeledPath] {
    let images = try ImageFolder(root: folder)
    try check(images)
    return labeled(images)
  }

  /// The images in the class folders of a folder that is not for training: some may be empty.
  mutating func heldOutImages(in folder: String) throws(Failure) -> [LabeledPath] {
    let images = try ImageFolder(root: folder)
    if let problem = images.skipped.first(where: { $0.failure.kind == .inputOutput }) { throw problem.failure }
    return labeled(images)
  }

  private mutating func labeled(_ images: ImageFolder) -> [LabeledPath] {
    warnings += images.notes
    return images.examples.map { LabeledPath(path: $0.path, label: images.classNames[$0.label]) }
  }

  /// In each part, each file once, whatever paths and links name it.
  /// - Throws: `Failure(.invalidData)` where one file is of two classes.
  mutating func removeDuplicates() throws(Failure) {
    func cleaned(_ images: [LabeledPath]) throws(Failure) -> [LabeledPath] {
      let (kept, warnings) = try LabeledPath.withoutDuplicates(images)
      self.warnings += warnings
      return kept
    }
    train = try cleaned(train)
    if let images = validation { validation = try cleaned(images) }
    if let images = test { test = try cleaned(images) }
  }

  /// Warnings about files that are in two parts.
  /// - Throws: `Failure(.invalidData)` where one file is of two classes.
  func overlaps(_ place: String) throws(Failure) -> [String] {
    var lines: [String] = []
    for (names, images) in pairs {
      let common = try LabeledPath.common(images.0, images.1)
      guard let example = common.first else { continue }
      lines.append(
        "\(place): \(grouped(common.count)) images are used both for \(names.0) and for \(names.1), such as \(example): accuracy is overestimated"
      )
    }
    return lines
  }

  /// As versions that knew two parts only: what is for validation is tested on.
  mutating func mergeIntoTwo() {
    if let validation { (test, self.validation) = (validation, nil) }
  }
}
