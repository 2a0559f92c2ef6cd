#if Serve
  import NIOCore
  import Synchronization

  /// The connections of a server over gRPC: no more than a limit, and none that is idle for long.
  final class GRPCConnections: Sendable {
    let registry: ConnectionRegistry
    let times: ConnectionTimes
    /// Memory of the messages that are not answered yet.
    let bodies: BodyBudget
    let largestMessage: Int
    private let state = Mutex<[ObjectIdentifier: Entry]>([:])
    private let calls = Mutex<(last: Int, open: [String: Connection])>((0, [:]))

    private struct Entry {
      let channel: any Channel
      /// Calls.
      var streams = 0
      /// Since when there has been no call.
      var emptySince = NIODeadline.now()
    }

    init(limit: Int, times: ConnectionTimes, bodies: BodyBudget, largestMessage: Int) {
      registry = ConnectionRegistry(limit: limit)
      (self.times, self.bodies, self.largestMessage) = (times, bodies, largestMessage)
    }

    /// A client has connected.
    func accepted(_ channel: any Channel) {
      let id = ObjectIdentifier(channel)
      registry.accepted(channel)
      let hasRoom = registry.add(Connection(channel))
      state.withLock { $0[id] = Entry(channel: channel) }
      channel.closeFuture.whenComplete { [self] _ in
        registry.closed()
        registry.remove(channel)
        state.withLock { $0[id] = nil }
      }
      // Once the channel is active: before, its closing would not be noticed.
      if !hasRoom { _ = channel.eventLoop.scheduleTask(in: .milliseconds(1)) { channel.close(promise: nil) } }
    }

    /// Guards a call that has begun.
    func guardStream(_ channel: any Channel) -> EventLoopFuture<Void> {
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(StreamGuard(self), position: .first)
      }
    }

    /// Registers a call's stream.
    /// - Returns: the stream, and a number for it.
    func callBegan(_ stream: any Channel) -> (Connection, String) {
      let call = Connection(stream)
      return calls.withLock { calls in
        calls.last += 1
        calls.open["\(calls.last)"] = call
        return (call, "\(calls.last)")
      }
    }

    func callEnded(_ number: String) { calls.withLock { calls in calls.open[number] = nil } }

    /// - Returns: nil where the call is over, since its client has gone.
    func call(_ number: String) -> Connection? { calls.withLock { $0.open[number] } }

    func streamBegan(_ connection: (any Channel)?) { update(connection) { $0.streams += 1 } }

    func streamEnded(_ connection: (any Channel)?) {
      update(connection) { entry in
        entry.streams -= 1
        if entry.streams == 0 { entry.emptySince = .now() }
      }
    }

    /// A call begins or ends to keep the connection from being closed for another's sake.
    func setBusy(_ connection: (any Channel)?, _ isBusy: Bool) {
      if let connection { registry.requests(isBusy ? 1 : -1, over: connection) }
    }

    private func update(_ connection: (any Channel)?, _ body: (inout Entry) -> Void) {
      guard let connection else { return }
      state.withLock { state in
        let id = ObjectIdentifier(connection)
        if state[id] != nil { body(&state[id]!) }
      }
    }

    /// Closes the connections that have had no call for so long: the library's own timer asks the client first, and waits
    /// for those that say nothing.
    func close(emptyFor time: TimeAmount) {
      let limit = NIODeadline.now() - time
      for entry in state.withLock({ Array($0.values) }) where entry.streams == 0 && entry.emptySince < limit {
        entry.channel.close(promise: nil)
      }
    }

    func closeAll() {
      for entry in state.withLock({ Array($0.values) }) { entry.channel.close(promise: nil) }
    }
  }
#endif
