package import DenseNets
import Foundation

extension ImageSource {
  /// Checks a folder for results: among class folders it would be a class the next time, and a table in it would be
  /// replaced by one of the results.
  /// - Throws: `Failure(.usage)`.
  package func requireNoOutput(at path: String) throws(Failure) {
    func place(_ path: String) -> String {
      URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path(percentEncoded: false)
        .trimmingSuffix { $0 == "/" }
    }
    let output = place(path)
    switch self {
    case .folder(let folder):
      guard case .classes(let root, _)? = try? FolderLayout(of: folder), (output + "/").hasPrefix(place(root) + "/")
      else {
        return
      }
      throw Failure(
        .usage, "\(path): expected a folder outside that of the class folders, \(root), found one in it; name another",
        settings: ["output"])
    case .table(let file, _):
      let url = URL(fileURLWithPath: file)
      guard ["predictions.csv", "metrics.csv"].contains(url.lastPathComponent),
        place(url.deletingLastPathComponent().path(percentEncoded: false)) == output
      else { return }
      throw Failure(
        .usage, "\(path): expected a folder without the table \(file), which would be replaced; name another",
        settings: ["output"])
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
    var end = endIndex
    while end > startIndex, isTrimmed(self[index(before: end)]) { end = index(before: end) }
    return String(self[..<end])
  }
}
