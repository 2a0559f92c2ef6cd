public import DenseNets
import Foundation

/// A file that was left out, and why.
public struct SkippedImage: Sendable, Equatable {
  /// The path as the user knows it.
  public let file: String
  public let failure: Failure

  package init(file: String, failure: Failure) {
    self.file = file
    self.failure = failure
  }

  /// The failure without the file's name at its beginning.
  public var reason: String {
    let prefix = file + ": "
    return failure.description.hasPrefix(prefix)
      ? String(failure.description.dropFirst(prefix.count)) : failure.description
  }
}

/// The images that paths name.
public struct ImageFiles: Sendable {
  /// The extensions of the files that count as images in a folder, in upper or lower case.
  public static let extensions = ["jpg", "jpeg", "png"]

  /// The files, in the order of the paths and within a folder sorted by name.
  public private(set) var paths: [String] = []
  /// Folders that could not be read or hold no images.
  public private(set) var skipped: [SkippedImage] = []
  /// Folders that were read, by device and file number, so that a loop of links ends.
  private var visited: Set<[UInt64]> = []

  /// Every path that is not a folder is taken unchecked, for the decoder to judge. Of folders, nested ones too, those
  /// files count that have one of the ``extensions``; hidden ones do not. A folder is read once, however many links
  /// lead to it.
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
          .missingInput, "\(path): expected .jpg, .jpeg or .png files in this folder, found none; name another")
        skipped.append(SkippedImage(file: path, failure: failure))
      }
    }
  }

  /// Whether there is a folder, or a link to one.
  package static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private mutating func search(_ folder: String) {
    guard visited.insert(fileIdentity(folder)).inserted else { return }
    let names: [String]
    do {
      names = try visibleNames(in: folder)
    } catch {
      skipped.append(SkippedImage(file: folder, failure: error))
      return
    }
    for name in names {
      let path = joined(folder, name)
      if Self.isFolder(path) {
        search(path)
      } else if Self.extensions.contains((name as NSString).pathExtension.lowercased()) {
        paths.append(path)
      }
    }
  }
}

/// Names in a folder that are not hidden, sorted as Python sorts them: by code points.
func visibleNames(in folder: String) throws(Failure) -> [String] {
  do {
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  } catch {
    throw Failure(.inputOutput, "\(folder): cannot be read; check its permissions")
  }
}

func joined(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }

/// What tells a file or a folder from all others, by whatever path it is reached; empty where there is none.
func fileIdentity(_ path: String) -> [UInt64] {
  var status = stat()
  return stat(path, &status) == 0 ? [UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino)] : []
}
