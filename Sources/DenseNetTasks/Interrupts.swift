import Foundation
import Synchronization

/// Ctrl-C, termination, a closed terminal and a batch system's warning, as a flag that long work polls.
package enum Interrupts {
  private static let wasRequested = Atomic<Bool>(false)
  /// When the first signal came, in seconds of the system's clock.
  private static let time = Atomic<Int>(0)

  /// SIGUSR1 and SIGUSR2 are what Slurm and its like send before the time is up, SIGXCPU a limit on processor time.
  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU]

  /// From now on the first of these signals only sets ``requested``; another one ends the process. They reach the calling
  /// thread, even if the parent process left them blocked. What the parent ignores, as nohup does SIGHUP, stays ignored;
  /// but for SIGINT and SIGTERM.
  package static func watch() {
    // Made before a signal handler touches them.
    _ = requested
    _ = time.load(ordering: .relaxed)
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    for number in signals {
      if number != SIGINT, number != SIGTERM, isIgnored(number) { continue }
      sigaddset(&unblocked, number)
      signal(number) { Interrupts.receive($0) }
    }
    pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
  }

  /// A closing terminal sends SIGHUP several times, and some systems SIGTERM with it or twice: what comes within a second
  /// is one request, unless it is a person's second Ctrl-C. A limit on processor time sends SIGXCPU every second.
  private static func receive(_ number: Int32) {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    if !wasRequested.exchange(true, ordering: .relaxed) {
      time.store(Int(now.tv_sec), ordering: .relaxed)
      if number == SIGINT { signal(number, SIG_DFL) }
      return
    }
    guard number != SIGXCPU, Int(now.tv_sec) - time.load(ordering: .relaxed) > 1 else { return }
    signal(number, SIG_DFL)
    raise(number)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      return unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 1
    #else
      return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    #endif
  }

  package static var requested: Bool { wasRequested.load(ordering: .relaxed) }
}
