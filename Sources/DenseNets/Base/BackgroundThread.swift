#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A thread of the system. Foundation's `Thread` says nothing where the system starts none, so that who waits for its
/// work waits for ever.
package enum BackgroundThread {
  /// Starts a thread that ends with `body`.
  /// - Parameter stack: its size in bytes.
  /// - Throws: `Failure(.inputOutput)` where the system starts no more threads.
  package static func start(stack: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) throws(Failure) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stack)
    #if canImport(Darwin)
      pthread_attr_set_qos_class_np(&attributes, QOS_CLASS_USER_INITIATED, 0)  // not the slow cores
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let work = Unmanaged.passRetained(Work(body: body))
    let problem = pthread_create(
      &thread, &attributes,
      { argument in
        #if canImport(Darwin)
          let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
        #else
          let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
        #endif
        work.body()
        return nil
      }, work.toOpaque())
    guard problem != 0 else { return }
    work.release()
    throw Failure(
      .inputOutput,
      "threads: the system starts no more (\(String(cString: strerror(problem)).lowercased())); use fewer, or raise the limits on memory and on processes",
      settings: ["threads"])
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
