import DenseNets

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What a folder holds, read by the bytes of its names.
struct FolderListing {
  /// The names of files and folders, each a ``PathText``, sorted as Python sorts them: by code points.
  let names: [String]
  /// Those among them that this system or another has put there for itself.
  let systemNames: [String]

  /// - Throws: `Failure` as ``Failure/unreadable(_:code:)``.
  init(_ folder: String) throws(Failure) {
    guard let stream = PathText.withBytes(of: folder, { opendir($0) }) else {
      let code = errno
      throw code == ENOTDIR
        ? Failure(.missingInput, "\(folder): expected a folder, found a file; name a folder")
        : Failure.unreadable(folder, code: code)
    }
    defer { closedir(stream) }
    var found: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = Self.name(of: entry)
      if name != ".", name != ".." { found.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw Failure.unreadable(folder, code: errno) }
    found.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    names = found.filter { !Self.isSystemName($0) }
    systemNames = found.filter(Self.isSystemName)
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    let bytes = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
    return PathText.text(of: UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))
  }

  /// Whether a name is hidden, or one that file managers, archives and servers leave behind.
  static func isSystemName(_ name: String) -> Bool {
    name.hasPrefix(".") || knownNames.contains(name.lowercased())
  }

  private static let knownNames: Set<String> = [
    "__macosx", "@eadir", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin",
    "system volume information", "__pycache__", "#recycle", "#snapshot", "icon\r",
  ]
}

/// What tells a file or a folder from all others, by whatever path it is reached; empty where there is none.
func fileIdentity(_ path: String) -> [UInt64] {
  var status = stat()
  guard PathText.withBytes(of: path, { stat($0, &status) }) == 0 else { return [] }
  return [UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino)]
}

/// Whether there is a folder, or a link to one.
func folderExists(_ path: String) -> Bool {
  var status = stat()
  return PathText.withBytes(of: path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether there is a file, or a link to one.
func fileExists(_ path: String) -> Bool {
  var status = stat()
  return PathText.withBytes(of: path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT != S_IFDIR
}

/// Whether there is a file with content of its own, or a link to one.
func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return PathText.withBytes(of: path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// The path of what is there by the same characters, composed in another way: `é` of one character or of two.
func spelling(onDiskOf path: String) -> String? {
  var found = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    let next = found.isEmpty ? String(part) : joined(found, String(part))
    if folderExists(next) || fileExists(next) || part == "." || part == ".." {
      found = next
      continue
    }
    // Strings are equal where their characters are, however these are composed.
    guard let names = try? FolderListing(found.isEmpty ? "." : found),
      let other = (names.names + names.systemNames).first(where: { $0 == part })
    else { return nil }
    found = found.isEmpty ? other : joined(found, other)
  }
  return found
}

func joined(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }
