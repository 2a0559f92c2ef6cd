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
  /// Files that Swift's runtime opens to wait for events, where it traps, and one to read.
  private static let leastFiles = 5

  /// Every line of memory that is at an end is written by these, whoever asked for it: the engine, or the Swift runtime,
  /// which traps.
  /// - Throws: `Failure(.inputOutput)` where the system would not even let the program begin.
  static func begin() throws(Failure) {
    try requireFiles()
    let limit = MemoryLimit.addressSpace.map { "; this process may have \(TextFormat.bytes($0)) (ulimit -v)" } ?? ""
    OutOfMemory.whenExhausted { bytes in
      printError("memory: \(TextFormat.bytes(bytes)) more were requested than the system has\(limit); \(remedy)")
      _exit(74)
    }
    trapLine = Array("densenet: memory: there is no more\(limit); \(remedy)\n".utf8)
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] { watch(number) }
    if MemoryLimit.addressSpace != nil { shareMallocArena() }
    let left = MemoryLimit.current
    guard left.bytes >= least else {
      throw Failure(
        .inputOutput,
        "memory: expected at least \(TextFormat.bytes(least)) for this program to work with, found \(TextFormat.bytes(left.bytes))\(limit); raise the limit"
      )
    }
    do throws(Failure) { try tryThreads(3) } catch {
      throw Failure(error.kind, "\(error.description)\(limit)")
    }
  }

  private static func requireFiles() throws(Failure) {
    let files = (0..<leastFiles).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    let code = errno
    for file in files where file >= 0 { close(file) }
    let found = files.count { $0 >= 0 }
    guard found == leastFiles || ![EMFILE, ENFILE].contains(code) else {
      throw Failure(
        .inputOutput, "expected room for \(leastFiles) more open files, found \(found); raise the limit (ulimit -n)")
    }
  }

  /// Starts so many threads of the usual size at the same time, and lets them end: Swift's runtime needs these, and waits
  /// for ever where it does not get them.
  private static func tryThreads(_ count: Int) throws(Failure) {
    let gate = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    var (started, problem) = (0, Failure?.none)
    while started < count, problem == nil {
      do throws(Failure) {
        try BackgroundThread.start(stack: 8 << 20) {
          gate.wait()
          ended.signal()
        }
        started += 1
      } catch { problem = error }
    }
    for _ in 0..<started { gate.signal() }
    for _ in 0..<started { ended.wait() }
    if let problem { throw problem }
  }

  /// Lets all threads share glibc's first arena: each further one takes 64 MiB of address space, and where that is not
  /// to be had, every small allocation becomes a mapping of its own.
  private static func shareMallocArena() {
    #if canImport(Glibc)
      typealias Option = @convention(c) (_ parameter: Int32, _ value: Int32) -> Int32
      let mostArenas: Int32 = -8  // M_ARENA_MAX of malloc.h, which Swift's Glibc module leaves out
      guard let mallopt = dlsym(nil, "mallopt") else { return }
      _ = unsafeBitCast(mallopt, to: Option.self)(mostArenas, 1)
    #endif
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
