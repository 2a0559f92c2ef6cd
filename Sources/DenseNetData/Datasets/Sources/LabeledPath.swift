import DenseNets

/// An image's file and the name of its class, or what is known of each of its labels.
struct LabeledPath: Sendable {
  let path: String
  /// What the table that lists it calls it; nil: its path.
  var name: String?
  /// Empty where there are ``values``.
  let label: String
  /// As in ``LabelMatrix``; nil: the image has one class.
  var values: [Int8]?
  /// What it must not be parted from when images are split; nil: nothing.
  var group: String?

  var shown: String { name ?? path }

  /// The images with each file once, whatever paths and links name it, and a warning where some were dropped.
  /// - Throws: `Failure(.invalidData)` where one file is of two classes.
  static func withoutDuplicates(_ images: [LabeledPath]) throws(Failure) -> ([LabeledPath], warnings: [String]) {
    var known: [[UInt64]: LabeledPath] = [:]
    var kept: [LabeledPath] = []
    var twice: [String] = []
    for image in images {
      let identity = fileIdentity(image.path)
      guard !identity.isEmpty, let other = known[identity] else {
        known[identity] = image
        kept.append(image)
        continue
      }
      try requireOneClass(image, other)
      twice.append(image.path)
    }
    let warning = twice.first.map {
      "\(grouped(twice.count)) entr\(twice.count == 1 ? "y repeats an image that is" : "ies repeat images that are") listed before, such as \($0): each image counts once"
    }
    return (kept, warning.map { [$0] } ?? [])
  }

  /// The paths of `second` whose files are also in `first`.
  /// - Throws: `Failure(.invalidData)` where one file is of two classes.
  static func common(_ first: [LabeledPath], _ second: [LabeledPath]) throws(Failure) -> [String] {
    let known = Dictionary(first.map { (fileIdentity($0.path), $0) }, uniquingKeysWith: { first, _ in first })
    var paths: [String] = []
    for image in second {
      let identity = fileIdentity(image.path)
      guard !identity.isEmpty, let other = known[identity] else { continue }
      try requireOneClass(image, other)
      paths.append(image.path)
    }
    return paths
  }

  /// Of one file named twice.
  private static func requireOneClass(_ image: LabeledPath, _ other: LabeledPath) throws(Failure) {
    guard other.label != image.label || other.values != image.values else { return }
    if image.values != nil {
      throw Failure(
        .invalidData,
        "\(image.path): is listed twice, with different labels (also as \(other.path)); remove or correct one of the lines"
      )
    }
    throw Failure(
      .invalidData,
      "\(image.path): is of class \(image.label), and as \(other.path) of class \(other.label), but is one file; remove one of them"
    )
  }
}
