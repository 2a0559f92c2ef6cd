public import DenseNets
public import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Appends lines to `metrics.jsonl` as they happen. A reader never meets a part of a line of a live run: each goes to
/// the system in one call, and one that a full disk cuts is taken back.
public final class MetricsLog: Sendable {
  private let descriptor: Mutex<Int32>
  private let path: String

  /// Opens the file for appending, and creates it where it is not there.
  /// - Throws: `Failure(.inputOutput)`.
  public init(appendingTo url: URL) throws(Failure) {
    path = url.relativePath
    let file = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw systemFailure("be written", path, code: errno) }
    descriptor = Mutex(file)
  }

  deinit {
    descriptor.withLock { _ = close($0) }
  }

  /// Writes one line.
  /// - Throws: `Failure(.inputOutput)`; the file then ends with the line before.
  public func append(_ point: MetricPoint) throws(Failure) {
    let line = Data((point.jsonLine + "\n").utf8)
    let code = descriptor.withLock { file in
      let end = lseek(file, 0, SEEK_END)
      let code = writeAll(line, to: file)
      if code != 0, end >= 0 { _ = ftruncate(file, end) }
      return code
    }
    if code != 0 { throw systemFailure("be written", path, code: code) }
  }
}
