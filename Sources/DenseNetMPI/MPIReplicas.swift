#if MPI
  public import DenseNets
  import Foundation

  /// The processes that an MPI launcher such as `mpirun` has started together.
  ///
  /// ```swift
  /// let replicas = try MPIReplicas(timeout: 300) { failure in fatalError("\(failure)") }
  /// var task = TrainingTask(options)
  /// task.replicas = replicas
  /// let outcome = try await task.run()
  /// replicas.finish()
  /// ```
  public final class MPIReplicas: Replicas {
    private let communicator: Communicator

    /// Joins the other processes; once per process.
    /// - Parameters:
    ///   - timeout: how long another may keep this one waiting, in seconds.
    ///   - end: called where the processes cannot go on together, because one is gone or hangs; ends this one, for
    ///     instance by ``abort(status:)``.
    public init(timeout: Double, end: @escaping @Sendable (Failure) -> Never) throws(Failure) {
      limit = .seconds(min(timeout, 1e9))
      communicator = try Communicator(end: end)
      // For measurements: what overlap is worth.
      communicator.overlaps = ProcessInfo.processInfo.environment["DENSENET_MPI_OVERLAP"] != "no"
    }

    private let limit: Duration

    public var rank: Int { communicator.rank }
    public var count: Int { communicator.count }
    public var secondsWaited: Double { communicator.waited / .seconds(1) }
    public func host(of rank: Int) -> String { communicator.hosts[rank] }

    public func limitWaiting(_ isLimited: Bool) { communicator.timeout = isLimited ? limit : nil }

    public func sum(_ values: inout [Double]) {
      Profiler.measure("communication", bytes: 8 * values.count) { communicator.sum(&values) }
    }

    public func join(_ moments: inout [Moments]) {
      Profiler.measure("communication", bytes: 24 * moments.count) { communicator.join(&moments) }
    }

    public func beginSum(_ values: [Float]) {
      Profiler.measure("begin gradients' sum", bytes: 8 * values.count) { communicator.beginSum(values) }
    }

    public func finishSums() -> [[Float]] {
      Profiler.measure("gradients' sums, not hidden", layer: "all") { communicator.finishSums() }
    }

    public func exchange(
      _ messages: [(to: Int, values: [Double])], from sources: [(rank: Int, count: Int)]
    ) -> [[Double]] {
      if messages.isEmpty, sources.isEmpty { return [] }
      return Profiler.measure("communication", bytes: 8 * messages.reduce(0) { $0 + $1.values.count }) {
        communicator.exchange(messages, from: sources)
      }
    }

    public func poll() { communicator.poll() }
    public func gather(_ values: [Float]) -> [[Float]] { communicator.gather(values) }
    public func broadcast(_ bytes: [UInt8]) -> [UInt8] { communicator.broadcast(bytes) }

    /// Leaves the others, once all are here; nothing else may be called then.
    public func finish() {
      communicator.timeout = nil
      communicator.finish()
    }

    /// Ends all processes.
    public static func abort(status: Int32) -> Never { Communicator.abort(status) }
  }
#endif
