package import DenseNets
package import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Keeps other processes from writing into a folder: an advisory lock on a file in it.
///
/// The system frees the lock when its owner ends, however that happens. The file goes away with the lock; one that a killed
/// process left is taken over.
package final class RunLock: Sendable {
  /// What a person should know: that the file system has no locks.
  package let warning: String?
  private let path: String
  /// -1: there is no lock, or no longer.
  private let descriptor = Atomic<Int32>(-1)

  package static let fileName = ".densenet.lock"

  /// Takes the lock. Where the folder cannot be written at all, there is none: whatever is to be written says so.
  /// - Throws: `Failure(.inputOutput)` where another process has it.
  package init(_ folder: URL) throws(Failure) {
    path = folder.appendingPathComponent(Self.fileName).path
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard file >= 0 else {
        warning = nil
        return
      }
      if flock(file, LOCK_EX | LOCK_NB) == 0 {
        // The owner before may have removed this file after it was opened here.
        guard Self.isNamed(file, path) else {
          close(file)
          continue
        }
        _ = ftruncate(file, 0)
        _ = writeAll(Data("\(getpid())\n".utf8), to: file)
        descriptor.store(file, ordering: .releasing)
        warning = nil
        return
      }
      let code = errno
      if code == EINTR {
        close(file)
        continue
      }
      let owner = Self.owner(file)
      close(file)
      guard code == EWOULDBLOCK else {
        unlink(path)
        warning =
          "\(folder.relativePath): its file system has no locks (\(String(cString: strerror(code)).lowercased())): nothing keeps a second process from writing there"
        return
      }
      throw Failure(
        .inputOutput,
        "\(folder.relativePath): another process\(owner) is writing there; wait until it has ended, or end it",
        settings: ["output"])
    }
  }

  deinit { release() }

  /// Whether this process has the lock: not where the file system has none.
  package var isHeld: Bool { descriptor.load(ordering: .acquiring) >= 0 }

  /// Frees the folder.
  package func release() {
    let file = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
    guard file >= 0 else { return }
    unlink(path)
    close(file)
  }

  private static func isNamed(_ file: Int32, _ path: String) -> Bool {
    var (own, named) = (stat(), stat())
    return fstat(file, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
      && own.st_dev == named.st_dev
  }

  /// `, 1234,`: the process that has the lock, where it has written its number already.
  private static func owner(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count > 0, let number = Int32(String(decoding: bytes[..<count], as: UTF8.self).prefix { $0.isNumber }) else {
      return ""
    }
    return " (\(number))"
  }
}
