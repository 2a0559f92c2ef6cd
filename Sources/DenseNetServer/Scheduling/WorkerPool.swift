#if Serve
  import DenseNets
  import Dispatch
  import Synchronization

  /// Threads for work that computes for long, such as decoding, so that those which talk to clients stay free.
  final class WorkerPool: Sendable {
    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)
    private let threads: Int

    private struct State {
      var work: [@Sendable () -> Void] = []
      /// The first of `work` that is still to be done.
      var next = 0
      var isStopped = false

      mutating func take() -> (@Sendable () -> Void)? {
        guard next < work.count else { return nil }
        defer {
          next += 1
          if next == work.count || next > 1024 { (work, next) = (Array(work[next...]), 0) }
        }
        return work[next]
      }
    }

    /// - Throws: `Failure` where the system starts no threads.
    init(threads: Int) throws {
      self.threads = threads
      for _ in 0..<threads {
        try BackgroundThread.start(stack: 8 << 20) { [self] in
          while true {
            available.wait()
            let (work, isStopped) = state.withLock { ($0.take(), $0.isStopped) }
            if let work { work() } else if isStopped { return }
          }
        }
      }
    }

    /// Does `body` on one of the threads, after what was asked for before.
    func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
      try await withCheckedThrowingContinuation { continuation in
        state.withLock { state in
          state.work.append { continuation.resume(with: Result { try body() }) }
        }
        available.signal()
      }
    }

    /// Lets the threads end once all work is done.
    func stop() {
      state.withLock { $0.isStopped = true }
      for _ in 0..<threads { available.signal() }
    }
  }
#endif
