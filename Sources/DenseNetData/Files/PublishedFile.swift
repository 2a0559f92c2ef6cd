import DenseNets

/// Finds a published file by the names that people and programs give to copies of it.
enum PublishedFile {
  /// Where in a folder a file lies, packed or not: in capitals or not, with dots for hyphens (`train-images.idx3-ubyte`),
  /// or in a folder of its name, as archives from Kaggle have it. The published name is preferred, and what is unpacked.
  static func path(of name: String, in folder: String) -> String? {
    let published = unpacked(name)
    let key = key(name)
    let names = (try? FolderListing(folder))?.names ?? []
    let found = names.filter { Self.key($0) == key }.sorted { rank($0, published) < rank($1, published) }
    for name in found {
      let path = joined(folder, name)
      if isRegularFile(path) { return path }
      guard folderExists(path) else { continue }
      let inner = ((try? FolderListing(path))?.names ?? []).filter {
        Self.key($0) == key && isRegularFile(joined(path, $0))
      }
      if let best = inner.min(by: { rank($0, published) < rank($1, published) }) { return joined(path, best) }
    }
    // Whoever reads it says that it is a folder.
    return found.first.map { joined(folder, $0) }
  }

  /// A folder itself, and those in it that one of the names means, and in these the folders that archives have.
  static func places(in path: String, names: [String]) -> [String] {
    let wanted = Set(names.map(letters))
    let folders = ((try? FolderListing(path))?.names ?? []).filter { folderExists(joined(path, $0)) }
    let named = folders.filter { wanted.contains(letters($0)) }.map { joined(path, $0) }
    let inner = ([path] + named).flatMap { place in
      ((try? FolderListing(place))?.names ?? []).filter {
        wrappers.contains($0.lowercased()) || wanted.contains(letters($0))
      }
      .map { joined(place, $0) }.filter(folderExists)
    }
    var places = [path]
    for place in named + inner where !places.contains(place) { places.append(place) }
    return places
  }

  private static let wrappers: Set<String> = ["raw", "archive", "gzip", "data", "dataset", "emnist_source_files"]

  private static func letters(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

  private static func unpacked(_ name: String) -> String {
    name.lowercased().hasSuffix(".gz") ? String(name.dropLast(3)) : name
  }

  private static func key(_ name: String) -> String {
    String(unpacked(name).lowercased().map { "._ ".contains($0) ? "-" : $0 })
  }

  private static func rank(_ name: String, _ published: String) -> Int {
    if name == published { return 0 }
    if name == published + ".gz" { return 1 }
    return name.lowercased().hasSuffix(".gz") ? 3 : 2
  }
}
