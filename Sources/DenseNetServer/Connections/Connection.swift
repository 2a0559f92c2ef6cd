#if Serve
  import NIOCore
  import Synchronization

  /// A client's connection, as far as a request knows of it.
  final class Connection: Sendable {
    let channel: any Channel
    private let state = Mutex(State())

    private struct State {
      var hasDeparted = false
      var cancel: (@Sendable () -> Void)?
    }

    init(_ channel: any Channel) { self.channel = channel }

    /// Asks the client for the body that it holds back.
    func sendContinue() { channel.pipeline.triggerUserOutboundEvent(SendContinue(), promise: nil) }

    /// The client has gone: what it asked for is wanted no more.
    func depart() {
      let cancel = state.withLock { state in
        state.hasDeparted = true
        return state.cancel
      }
      cancel?()
    }

    /// Does `work`, which is cancelled where the client goes away meanwhile.
    func cancelling<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) async throws -> R {
      let task = Task { try await work() }
      let hasDeparted = state.withLock { state in
        state.cancel = { task.cancel() }
        return state.hasDeparted
      }
      if hasDeparted { task.cancel() }
      defer { state.withLock { $0.cancel = nil } }
      return try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    }
  }

  struct SendContinue: Sendable {}

  /// Every guarded connection of this process by its channel, for requests that come in over it.
  enum OpenConnections {
    private static let state = Mutex<[ObjectIdentifier: Connection]>([:])

    static func of(_ channel: any Channel) -> Connection? { state.withLock { $0[ObjectIdentifier(channel)] } }
    static func add(_ connection: Connection) {
      state.withLock { $0[ObjectIdentifier(connection.channel)] = connection }
    }
    static func remove(_ channel: any Channel) { state.withLock { $0[ObjectIdentifier(channel)] = nil } }
  }

  /// All open connections, so that there are no more than a limit: where there would be, the one goes that has been idle
  /// the longest.
  final class ConnectionRegistry: Sendable {
    let limit: Int
    private let state = Mutex<[ObjectIdentifier: Entry]>([:])

    private struct Entry: Sendable {
      let connection: Connection
      /// Requests in progress.
      var requests = 0
      /// Since when none has been.
      var idleSince = NIODeadline.now()
    }

    init(limit: Int) { self.limit = limit }

    private let open = Atomic<Int>(0)

    /// Connections that are open, those that have not begun to speak HTTP among them.
    var count: Int { open.load(ordering: .relaxed) }

    func accepted(_ channel: any Channel) { open.add(1, ordering: .relaxed) }
    func closed() { open.subtract(1, ordering: .relaxed) }

    /// A channel that is there already keeps its place.
    /// - Returns: whether there is room for the connection.
    func add(_ connection: Connection) -> Bool {
      let id = ObjectIdentifier(connection.channel)
      let (hasRoom, victim) = state.withLock { state -> (Bool, Connection?) in
        var victim: Connection?
        if state[id] == nil, state.count >= limit {
          let idle = state.filter { $0.value.requests == 0 }
          guard let oldest = idle.min(by: { $0.value.idleSince < $1.value.idleSince }) else { return (false, nil) }
          state[oldest.key] = nil
          victim = oldest.value.connection
        }
        state[id] = Entry(connection: connection)
        return (true, victim)
      }
      victim?.channel.close(promise: nil)
      if hasRoom { OpenConnections.add(connection) }
      return hasRoom
    }

    func remove(_ channel: any Channel) {
      OpenConnections.remove(channel)
      state.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    /// A request over the connection begins or ends.
    func requests(_ change: Int, over channel: any Channel) {
      state.withLock { state in
        let id = ObjectIdentifier(channel)
        state[id]?.requests += change
        state[id]?.idleSince = .now()
      }
    }

    /// Lets clients learn that the server is about to end; shorter where nobody is connected.
    func drain(_ time: Duration, isQuiet: () -> Bool) async {
      let clock = ContinuousClock()
      let end = clock.now + time
      var quiet = 0
      while clock.now < end, quiet < 20 {
        quiet = count == 0 && isQuiet() ? quiet + 1 : 0
        try? await clock.sleep(for: .milliseconds(50))
      }
    }
  }
#endif
