public import DenseNets
import Foundation

/// Where a user's own images are: `folder:DIR` or `csv:FILE`.
public enum ImageSource: Sendable, Equatable {
  /// `DIR/train/CLASS/*` and `DIR/val/CLASS/*` or `DIR/test/CLASS/*`, or `DIR/CLASS/*` to be split.
  case folder(String)
  /// A table with columns of paths and of labels and, where it is not to be split, `split`: `train`, `val` or `test`.
  case table(String, columns: TableColumns = TableColumns())

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
    case .folder(let path), .table(let path, _): path
    }
  }

  /// A name for runs: that of the folder or the file, with `-` for characters that file names should not have.
  public var name: String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let isFolder = self == .folder(path)
    let base = isFolder ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent
    let name = base.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }
    return name.allSatisfy { "-.".contains($0) } ? "pictures" : String(name)
  }

  /// Which columns of the table say what; the usual ones of a folder.
  package var columns: TableColumns {
    if case .table(_, let columns) = self { columns } else { TableColumns() }
  }
}
