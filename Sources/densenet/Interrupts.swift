import Foundation
import Synchronization

/// Ctrl-C and termination as a flag that long work polls.
enum Interrupts {
  private static let wasRequested = Atomic<Bool>(false)

  /// From now on the first SIGINT or SIGTERM only sets ``requested``; a second one ends the process. Both reach the
  /// calling thread, even if the parent process left them blocked.
  static func watch() {
    _ = requested  // made before a signal handler touches it
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { number in
        Interrupts.wasRequested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var requested: Bool { wasRequested.load(ordering: .relaxed) }
}
