import DenseNets

/// A picture's file and the name of its class.
struct LabeledPath: Sendable {
  let path: String
  let label: String

  /// The pictures, each file once, by whatever paths and links it is named, and a warning where some went.
  /// - Throws: `Failure(.invalidData)` where one file is of two classes.
  static func withoutDuplicates(_ pictures: [LabeledPath]) throws(Failure) -> ([LabeledPath], warnings: [String]) {
    var known: [[UInt64]: LabeledPath] = [:]
    var kept: [LabeledPath] = []
    var twice: [String] = []
    for picture in pictures {
      let identity = fileIdentity(picture.path)
      guard !identity.isEmpty, let other = known[identity] else {
        known[identity] = picture
        kept.append(picture)
        continue
      }
      try requireOneClass(picture, other)
      twice.append(picture.path)
    }
    let warning = twice.first.map { "\(grouped(twice.count)) pictures are named twice, as \($0): each counts once" }
    return (kept, warning.map { [$0] } ?? [])
  }

  /// The paths of `second` that are files of `first` too.
  /// - Throws: `Failure(.invalidData)` where one file is of two classes.
  static func common(_ first: [LabeledPath], _ second: [LabeledPath]) throws(Failure) -> [String] {
    let known = Dictionary(first.map { (fileIdentity($0.path), $0) }, uniquingKeysWith: { first, _ in first })
    var paths: [String] = []
    for picture in second {
      let identity = fileIdentity(picture.path)
      guard !identity.isEmpty, let other = known[identity] else { continue }
      try requireOneClass(picture, other)
      paths.append(picture.path)
    }
    return paths
  }

  /// Of one file named twice.
  private static func requireOneClass(_ picture: LabeledPath, _ other: LabeledPath) throws(Failure) {
    guard other.label != picture.label else { return }
    throw Failure(
      .invalidData,
      "\(picture.path): is of class \(picture.label), and as \(other.path) of class \(other.label), but is one file; remove one of them"
    )
  }
}
