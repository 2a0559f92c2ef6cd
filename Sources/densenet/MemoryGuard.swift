import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

/// Ends the program with a line, within seconds, where the system has no memory, no threads or no open files left for it.
enum MemoryGuard {
  private static let remedy =
    "choose a smaller batch, smaller images or fewer threads (--batch-size, --resize, --threads), train with "
    + "--memory-efficient, or raise the limit"

  /// What the smallest network needs beside the program itself. With less, Swift's own allocations would be the first to
  /// fail, wherever that is.
  private static let least = 48 << 20

  /// Every line of memory that is at an end is written by these, whoever asked for it: the engine, or the Swift runtime,
  /// which traps.
  /// - Throws: `Failure(.inputOutput)` where the system would not even let the program begin.
  static func begin() throws(Failure) {
    try ProcessLimits.requireOpenFiles()
    let limit = MemoryLimit.addressSpace.map { "; this process may have \(TextFormat.bytes($0)) (ulimit -v)" } ?? ""
    OutOfMemory.whenExhausted { bytes in
      printError("memory: \(TextFormat.bytes(bytes)) more were requested than the system has\(limit); \(remedy)")
      _exit(74)
    }
    MemoryTraps.watch(line: "densenet: memory: there is no more\(limit); \(remedy)", status: 74)
    if MemoryLimit.addressSpace != nil { ProcessLimits.shareMallocArena() }
    let left = MemoryLimit.current
    guard left.bytes >= least else {
      throw Failure(
        .inputOutput,
        "memory: expected at least \(TextFormat.bytes(least)) for this program to work with, found \(TextFormat.bytes(left.bytes))\(limit); raise the limit"
      )
    }
    do throws(Failure) { try ProcessLimits.requireThreads() } catch {
      throw Failure(error.kind, "\(error.description)\(limit)")
    }
  }
}
