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
    trapLine = Array("densenet: memory: there is no more\(limit); \(remedy)\n".utf8)
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] { watch(number) }
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

  // MARK: - Traps

  /// What a trap for want of memory writes: made before there is any.
  nonisolated(unsafe) private static var trapLine: [UInt8] = []
  nonisolated(unsafe) private static var former: [Int32: sigaction] = [:]

  /// Lets a signal that ends the process say why, where that is want of memory. Else it goes to who had it before:
  /// Swift's backtrace.
  private static func watch(_ number: Int32) {
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { number in
      if MemoryGuard.isExhausted {
        _ = MemoryGuard.trapLine.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
        _exit(74)
      }
      // The instruction is run again, and its signal reaches the former handler.
      if var former = MemoryGuard.former[number] { sigaction(number, &former, nil) }
      if number == SIGABRT { raise(number) }
    }
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = Int32(SA_ONSTACK)
    var before = sigaction()
    if sigaction(number, &action, &before) == 0 { former[number] = before }
  }

  /// Whether a mapping of moderate size fails now.
  private static var isExhausted: Bool {
    let size = 1 << 26
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let memory, memory != MAP_FAILED else { return true }
    munmap(memory, size)
    return false
  }
}
