import Foundation

/// Lets a signal that ends the process say why, where that is want of memory: Swift's allocations trap then.
package enum MemoryTraps {
  /// What a trap writes, and with which status the process ends: made before there is any.
  nonisolated(unsafe) private static var line: [UInt8] = []
  nonisolated(unsafe) private static var status: Int32 = 1
  nonisolated(unsafe) private static var former: [Int32: sigaction] = [:]

  /// - Parameters:
  ///   - line: for standard error.
  ///   - status: the process's, with that line. Else the signal goes to who had it before, such as Swift's backtrace.
  package static func watch(line: String, status: Int32) {
    (self.line, self.status) = (Array((line + "\n").utf8), status)
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] { watch(number) }
  }

  private static func watch(_ number: Int32) {
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { number in
      if MemoryTraps.isExhausted {
        _ = MemoryTraps.line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
        _exit(MemoryTraps.status)
      }
      // The instruction is run again, and its signal reaches the former handler.
      if var former = MemoryTraps.former[number] { sigaction(number, &former, nil) }
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
