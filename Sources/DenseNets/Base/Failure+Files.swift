#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Failure {
  /// Why a file or a folder cannot be read, and what to do.
  /// - Parameter code: the system's error number.
  public static func unreadable(_ path: String, code: Int32) -> Failure {
    switch code {
    case ENOENT:
      if let target = danglingTarget(path) {
        return Failure(
          .missingInput, "\(path): is a link to \(target), which is not there; correct the link or name another file")
      }
      return Failure(.missingInput, "\(path): no such file; check the path")
    case ENOTDIR:
      return Failure(.missingInput, "\(path): no such file, since a part of the path is a file; check the path")
    case EISDIR: return Failure(.inputOutput, "\(path): expected a file, found a folder; put the file in its place")
    default:
      return Failure(.inputOutput, "\(path): cannot be read (\(reason(code))); \(remedy(code))")
    }
  }

  /// The same, of a file that could not be read in a way that does not tell why.
  public static func unreadable(_ path: String) -> Failure {
    let descriptor = PathText.withBytes(of: path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return unreadable(path, code: errno) }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    return unreadable(path, code: read(descriptor, &byte, 1) < 0 ? errno : EIO)
  }

  /// Where a link leads that leads nowhere; nil for all other paths.
  private static func danglingTarget(_ path: String) -> String? {
    var target = [UInt8](repeating: 0, count: 4096)
    let count = PathText.withBytes(of: path) { path in
      target.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return count > 0 ? PathText.text(of: target.prefix(count)) : nil
  }

  /// The system's words for an error number.
  static func reason(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

  private static func remedy(_ code: Int32) -> String {
    switch code {
    case EACCES, EPERM: "check its permissions"
    case EMFILE: "let this program open more files (ulimit -n 1024), and run again"
    case ENFILE: "the whole system has no more: end other programs, and run again"
    case ELOOP: "its links lead back to themselves: correct them"
    case ENAMETOOLONG: "choose a shorter name"
    case EIO: "the disk or the network fails: check it, or copy the file elsewhere"
    case ESTALE, ENXIO, ENODEV: "what it lies on is gone: mount it again"
    case ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ECONNREFUSED, ENOTCONN: "check the network that it lies on"
    case ENOMEM: "free some memory, and run again"
    default: "check the file and what it lies on"
    }
  }
}
