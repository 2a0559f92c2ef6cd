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
      guard other.label == picture.label else {
        throw Failure(
          .invalidData,
          "\(picture.path): is of class \(picture.label), and as \(other.path) of class \(other.label), but is one file; remove one of them"
        )
      }
      twice.append(picture.path)
    }
    let warning = twice.first.map { "\(grouped(twice.count)) pictures are named twice, as \($0): each counts once" }
    return (kept, warning.map { [$0] } ?? [])
  }

  /// The paths of `second` that are files of `first` too.
  static func common(_ first: [LabeledPath], _ second: [LabeledPath]) -> [String] {
    let known = Set(first.map { fileIdentity($0.path) })
    return second.map(\.path).filter {
      let identity = fileIdentity($0)
      return !identity.isEmpty && known.contains(identity)
    }
  }
}
