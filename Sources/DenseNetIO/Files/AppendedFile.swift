import DenseNets
import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that grows by whole records. A reader never meets a part of one of a live run: each goes to the system in one
/// call, and one that a full disk cuts is taken back.
final class AppendedFile: Sendable {
  private let descriptor: Mutex<Int32>
  let path: String

  /// Opens the file for appending, and creates it where it is not there.
  /// - Throws: `Failure(.inputOutput)`, also where the file is to be new and is not.
  init(_ url: URL, mustBeNew: Bool = false) throws(Failure) {
    path = url.relativePath
    let file = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (mustBeNew ? O_EXCL : 0), 0o666)
    guard file >= 0 else { throw systemFailure("be written", path, code: errno) }
    descriptor = Mutex(file)
  }

  deinit {
    descriptor.withLock { _ = close($0) }
  }

  /// - Throws: `Failure(.inputOutput)`; the file then ends with the record before.
  func append(_ record: Data) throws(Failure) {
    let code = descriptor.withLock { file in
      let end = lseek(file, 0, SEEK_END)
      let code = writeAll(record, to: file)
      if code != 0, end >= 0 { _ = ftruncate(file, end) }
      return code
    }
    if code != 0 { throw systemFailure("be written", path, code: code) }
  }
}
