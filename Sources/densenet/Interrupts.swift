import Foundation
import Synchronization

/// Ctrl-C and termination as a question that long work asks now and then.
enum Interrupts {
  private static let wasRequested = Atomic<Bool>(false)

  /// From now on the first SIGINT or SIGTERM only sets ``requested``; a second one ends the process.
  static func watch() {
    _ = requested  // made before a signal handler touches it
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interrupts.wasRequested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  static var requested: Bool { wasRequested.load(ordering: .relaxed) }
}
