public import DenseNets
import Foundation

/// A file that was left out, and why.
public struct SkippedImage: Sendable, Equatable {
  /// The path as the user knows it; bytes that are not UTF-8 are escaped.
  public let file: String
  public let failure: Failure

  package init(file: String, failure: Failure) {
    self.file = PathText.readable(file)
    self.failure = failure
  }

  /// The failure without the file's name at its beginning.
  public var reason: String {
    let prefix = printable(file) + ": "
    return failure.description.hasPrefix(prefix)
      ? String(failure.description.dropFirst(prefix.count)) : failure.description
  }
}

/// The images that paths name.
public struct ImageFiles: Sendable {
  /// Extensions of files that count as images in a folder, in upper or lower case. Files with others and without any
  /// count too where their first bytes are those of an image.
  public static let extensions = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "dib", "gif", "tif", "tiff",
  ]

  /// The files, in the order of the paths and within a folder sorted by name.
  public private(set) var paths: [String] = []
  /// Folders that could not be read or hold no images.
  public private(set) var skipped: [SkippedImage] = []
  /// What else is in the folders, and cannot be decoded or is not for people.
  public private(set) var leftOut = LeftOutFiles()
  /// Folders that were read, by device and file number, so that a loop of links ends.
  private var visited: Set<[UInt64]> = []

  /// Every path that is not a folder is taken unchecked, for the decoder to judge. Of folders, nested ones too, the
  /// images count, by one of the ``extensions`` or by their content; hidden files, hidden folders and what systems leave
  /// behind do not. A folder is read once, however many links lead to it.
  public init(_ paths: [String]) {
    for path in paths {
      guard Self.isFolder(path) else {
        self.paths.append(path)
        continue
      }
      visited = []
      let (found, refused) = (self.paths.count, skipped.count)
      search(path)
      if self.paths.count == found, skipped.count == refused {
        let failure = Failure(
          .missingInput, "\(path): expected \(ImageFormat.list) images in this folder, found none; name another")
        skipped.append(SkippedImage(file: path, failure: failure))
      }
    }
  }

  /// Whether there is a folder, or a link to one.
  package static func isFolder(_ path: String) -> Bool { folderExists(path) }

  private mutating func search(_ folder: String) {
    guard visited.insert(fileIdentity(folder)).inserted else { return }
    let listing: FolderListing
    do {
      listing = try FolderListing(folder)
    } catch {
      skipped.append(SkippedImage(file: folder, failure: error))
      return
    }
    for name in listing.systemNames { leftOut.add(.system, joined(folder, name)) }
    for name in listing.names {
      let path = joined(folder, name)
      if Self.isFolder(path) {
        search(path)
        continue
      }
      do {
        if let kind = try Self.otherKind(path) { leftOut.add(kind, path) } else { paths.append(path) }
      } catch {
        skipped.append(SkippedImage(file: path, failure: error))
      }
    }
  }

  /// What a file is, if it is no image that can be decoded.
  static func otherKind(_ path: String) throws(Failure) -> FileKind? {
    let name = path.split(separator: "/").last ?? ""
    if let dot = name.lastIndex(of: "."), extensions.contains(name[name.index(after: dot)...].lowercased()) {
      return nil
    }
    // Nothing is opened whose reading could wait for ever.
    guard fileExists(path) else { return FileKind("link to nothing") }
    guard isRegularFile(path) else { return FileKind("device or pipe") }
    let bytes = try InputFile(path).next(FileKind.prefixCount)
    return ImageFormat(bytes) == nil ? FileKind(of: bytes) : nil
  }

  /// Whether a file that can be read is an image.
  static func isImage(_ path: String) -> Bool { do { return try otherKind(path) == nil } catch { return false } }

  /// Whether a folder, or one in it, holds an image.
  static func holdImages(_ folder: String) -> Bool {
    var visited: Set<[UInt64]> = []
    func holds(_ folder: String) -> Bool {
      guard visited.insert(fileIdentity(folder)).inserted, let listing = try? FolderListing(folder) else {
        return false
      }
      let paths = listing.names.map { joined(folder, $0) }
      let folders = Set(paths.filter(isFolder))
      return paths.contains { !folders.contains($0) && isImage($0) } || folders.contains(where: holds)
    }
    return holds(folder)
  }
}
