package import DenseNets
import Foundation

/// What the system lets this process have of threads and open files, tried before it is needed.
package enum ProcessLimits {
  /// Files that Swift's runtime opens to wait for events, where it traps, and one to read.
  private static let leastFiles = 5
  private static let leastThreads = 3

  /// - Throws: `Failure(.inputOutput)` where the process may not open the files that it needs.
  package static func requireOpenFiles() throws(Failure) {
    let files = (0..<leastFiles).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    let code = errno
    for file in files where file >= 0 { close(file) }
    let found = files.count { $0 >= 0 }
    guard found == leastFiles || ![EMFILE, ENFILE].contains(code) else {
      throw Failure(
        .inputOutput, "expected room for \(leastFiles) more open files, found \(found); raise the limit (ulimit -n)")
    }
  }

  /// Lets the process open as many files and connections as the system lets it.
  package static func raiseOpenFiles() {
    var limit = rlimit()
    #if canImport(Glibc)
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let files = RLIMIT_NOFILE
    #endif
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    setrlimit(files, &limit)
  }

  /// Starts as many threads of the usual size as Swift's runtime needs, which waits for ever where it does not get them,
  /// and lets them end.
  /// - Throws: `Failure` where one does not start.
  package static func requireThreads() throws(Failure) {
    let gate = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    var (started, problem) = (0, Failure?.none)
    while started < leastThreads, problem == nil {
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
  package static func shareMallocArena() {
    #if canImport(Glibc)
      typealias Option = @convention(c) (_ parameter: Int32, _ value: Int32) -> Int32
      let mostArenas: Int32 = -8  // M_ARENA_MAX of malloc.h, which Swift's Glibc module leaves out
      guard let mallopt = dlsym(nil, "mallopt") else { return }
      _ = unsafeBitCast(mallopt, to: Option.self)(mostArenas, 1)
    #endif
  }
}
