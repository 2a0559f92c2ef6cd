public import DenseNets
import Foundation

/// Where a user's own images are: `folder:DIR` or `csv:FILE`.
public enum ImageSource: Sendable, Equatable {
  /// `DIR/train/CLASS/*` and `DIR/val/CLASS/*` or `DIR/test/CLASS/*`, or `DIR/CLASS/*` to be split.
  case folder(String)
  /// A table with the columns `path`, `label` and, where it is not to be split, `split`: `train`, `val` or `test`.
  case table(String)

  /// Nil for a dataset that has a name, such as `cifar10`.
  /// - Parameter dataset: `folder:DIR`, `csv:FILE` or a name.
  /// - Throws: `Failure(.usage)` where the path is missing.
  public init?(_ dataset: String) throws(Failure) {
    let kinds: [(prefix: String, source: (String) -> ImageSource)] = [
      ("folder:", { .folder($0) }), ("csv:", { .table($0) }),
    ]
    guard let kind = kinds.first(where: { dataset.hasPrefix($0.prefix) }) else { return nil }
    let path = String(dataset.dropFirst(kind.prefix.count))
    guard !path.isEmpty else {
      throw Failure(
        .usage, "\"\(dataset)\": expected a path after the colon, found none; add it", settings: ["dataset"])
    }
    self = kind.source(path)
  }

  public var path: String {
    switch self {
    case .folder(let path), .table(let path): path
    }
  }

  /// A name for runs: the folder's or the file's, without what does not belong into a file's name.
  public var name: String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let base = self == .table(path) ? url.deletingPathExtension().lastPathComponent : url.lastPathComponent
    let name = base.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }
    return name.allSatisfy { "-.".contains($0) } ? "pictures" : String(name)
  }
}

/// Training and test images in files.
public struct ImageSplits: Sendable {
  public let train: LabeledImageFiles
  public let test: LabeledImageFiles
  /// For a person to read: `images of 3 classes from flowers`.
  public let origin: String
  /// What the user should know before trusting a result, a line each.
  public let warnings: [String]
}

/// How images without a split of their own are split: of each class the same share, at random.
public struct SplitRule: Sendable, Equatable {
  /// Of each class, for testing: at least one image of two, and never all.
  public var testShare: Double
  public var seed: UInt64

  /// - Precondition: 0 < testShare < 1.
  public init(testShare: Double = 0.2, seed: UInt64 = 0) {
    precondition(testShare > 0 && testShare < 1, "a share is between 0 and 1, found \(testShare)")
    (self.testShare, self.seed) = (testShare, seed)
  }

  /// The images to test on; a function of the labels, the share and the seed.
  func testIndices(labels: [Int32], classes: Int) -> Set<Int> {
    var members = [[Int]](repeating: [], count: classes)
    for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
    var result: Set<Int> = []
    for (label, indices) in members.enumerated() where indices.count > 1 {
      var draws = RandomDraws(seed: seed, purpose: .split, epoch: 0, number: label)
      let wanted = Int((Double(indices.count) * testShare).rounded())
      result.formUnion(
        draws.permutation(indices.count).prefix(min(max(wanted, 1), indices.count - 1)).map { indices[$0] })
    }
    return result
  }
}
