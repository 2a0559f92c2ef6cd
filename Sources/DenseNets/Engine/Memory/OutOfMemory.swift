internal import Synchronization

/// What happens when the system has no memory left for a network's maps: the process ends.
///
/// A pass through a network asks for memory where it cannot report a failure. `MemoryRequirement` of DenseNetTasks checks
/// before a run whether it can fit.
public enum OutOfMemory {
  private static let handler = Mutex<(@Sendable (_ bytes: Int) -> Never)?>(nil)

  /// Sets what ends the process instead of a fatal error, for instance to leave a message of one's own.
  /// - Parameter body: gets the number of bytes that were requested in vain, and must not ask for much memory.
  public static func whenExhausted(_ body: @escaping @Sendable (_ bytes: Int) -> Never) {
    handler.withLock { $0 = body }
  }

  static func end(requested bytes: Int) -> Never {
    if let handler = handler.withLock({ $0 }) { handler(bytes) }
    fatalError("out of memory: \(bytes) bytes requested")
  }
}
