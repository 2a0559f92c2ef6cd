/// Files and folders that were left out, by their kinds.
public struct LeftOutFiles: Sendable {
  private struct Group {
    let kind: FileKind
    var count = 0
    let example: String
  }

  private var groups: [Group] = []

  init() {}

  /// What lies beside folders that are taken.
  init(beside folders: [String], _ listing: FolderListing, _ root: String) {
    for name in listing.systemNames { add(.system, joined(root, name)) }
    let known = Set(folders)
    for name in listing.names where !known.contains(name) {
      let path = joined(root, name)
      add((try? ImageFiles.otherKind(path)) ?? .outsideClasses, path)
    }
  }

  mutating func add(_ kind: FileKind, _ path: String) { add(Group(kind: kind, count: 1, example: path)) }

  mutating func add(_ other: LeftOutFiles) {
    for group in other.groups { add(group) }
  }

  private mutating func add(_ group: Group) {
    if let index = groups.firstIndex(where: { $0.kind == group.kind }) {
      groups[index].count += group.count
    } else {
      groups.append(group)
    }
  }

  public var isEmpty: Bool { groups.isEmpty }

  /// What was left out, on one line: `left out 3 HEIC images (such as a/1.heic) and 1 text file (a/notes.txt)`; nil
  /// where nothing was.
  public var description: String? {
    guard !groups.isEmpty else { return nil }
    let parts = groups.map { "\($0.kind.counted($0.count)) (\($0.count == 1 ? "" : "such as ")\($0.example))" }
    let last = parts[parts.count - 1]
    return "left out " + (parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " and " + last)
  }
}
