#if Serve
  import Foundation
  import ServiceLifecycle
  import UnixSignals

  /// After a first signal that ends the server in order, lets a second one end it at once.
  package struct SecondSignal: Service {
    package init() {}

    package func run() async throws {
      try await gracefulShutdown()
      // A task of its own: this service has to end, or the server's end would wait for it.
      Task.detached { for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { _exit(130) } }
    }
  }
#endif
