import DenseNets

/// What somebody may have meant by the name of a dataset that there is not.
enum DatasetSuggestion {
  /// `folder:photos` for a folder of that name, `csv:photos.csv` for a file, or a known name that is spelled much like
  /// it; nil for all else.
  static func of(_ name: String, known: [String]) -> String? {
    if let own = own(name) { return own }
    let wanted = letters(name)
    guard !wanted.isEmpty else { return nil }
    let close = known.map { (name: $0, distance: editDistance(wanted, letters($0))) }.min { $0.distance < $1.distance }
    return close.flatMap { $0.distance <= (wanted.count > 4 ? 2 : 1) ? $0.name : nil }
  }

  private static func own(_ name: String) -> String? {
    if folderExists(name) { return "folder:\(name)" }
    if fileExists(name) { return "csv:\(name)" }
    // Another spelling of the prefix.
    guard let at = name.firstIndex(where: { ":=".contains($0) }) else { return nil }
    let (prefix, path) = (name[..<at].lowercased(), String(name[name.index(after: at)...]))
    let isTable = ["csv", "table", "file", "tsv"].contains(prefix)
    guard isTable || ["folder", "folders", "dir", "directory", "path", "file", "imagefolder"].contains(prefix) else {
      return nil
    }
    if folderExists(path) { return "folder:\(path)" }
    if fileExists(path) { return "csv:\(path)" }
    return "\(isTable ? "csv" : "folder"):\(path)"
  }

  private static func letters(_ name: String) -> [Character] {
    Array(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}

/// Why there is no folder of images by a path.
func missingFolder(_ path: String) -> Failure {
  if fileExists(path) {
    return Failure(
      .missingInput, "\(path): no such folder of images, but a file; name csv:\(path) if it is a table of images",
      settings: ["dataset"])
  }
  return Failure.danglingLink(path) ?? Failure(.missingInput, "\(path): no such folder of images; check the path")
}
