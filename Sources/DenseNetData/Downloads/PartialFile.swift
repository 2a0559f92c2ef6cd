import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The file `NAME.part` beside a download's destination, which holds what has come so far.
///
/// One process at a time: the file is locked while it is open.
final class PartialFile: Sendable {
  let path: String
  private let destination: String
  private let descriptor: Int32

  /// Opens the file, its folder included, and keeps what it holds.
  init(for destination: String) throws(DownloadError) {
    self.destination = destination
    path = destination + ".part"
    let folder = URL(filePath: destination).deletingLastPathComponent().path(percentEncoded: false)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw DownloadError(.local, "the folder \(folder) cannot be created")
    }
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.error("\(path) cannot be written") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      _ = close(descriptor)
      throw DownloadError(.local, "\(path) is being written by another process")
    }
  }

  deinit { _ = close(descriptor) }

  /// The bytes that have come so far.
  var size: Int64 { max(Int64(lseek(descriptor, 0, SEEK_END)), 0) }

  /// The bytes that came for `destination` before now.
  static func size(for destination: String) -> Int64 {
    var status = stat()
    return stat(destination + ".part", &status) == 0 ? Int64(status.st_size) : 0
  }

  func append(_ data: Data) throws(DownloadError) {
    let isWritten = data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      _ = lseek(descriptor, 0, SEEK_END)
      while !rest.isEmpty {
        let n = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
        if n > 0 { rest = rest.dropFirst(n) } else if errno != EINTR { return false }
      }
      return true
    }
    if !isWritten { throw Self.error("\(path) cannot be written") }
  }

  func clear() throws(DownloadError) {
    guard ftruncate(descriptor, 0) == 0 else { throw Self.error("\(path) cannot be written") }
  }

  /// Removes the file.
  func remove() { _ = unlink(path) }

  /// Gives the file its final name, whole and on the disk.
  func complete() throws(DownloadError) {
    guard fsync(descriptor) == 0, rename(path, destination) == 0 else {
      throw Self.error("\(destination) cannot be written")
    }
  }

  private static func error(_ message: String) -> DownloadError {
    DownloadError(.local, "\(message) (\(String(cString: strerror(errno))))")
  }
}
