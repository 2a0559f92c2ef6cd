#if Serve
  import DenseNets
  import GRPCCore
  import Logging
  import SwiftProtobuf

  /// The methods of a server over gRPC, with all that is common to them: tokens, the server's end, errors and counts.
  struct MethodTable<Transport: ServerTransport> {
    private let guarding: CallGuard
    /// Of the methods that are added next, such as `grpc.health.v1.Health`.
    var service = ""
    private(set) var router = RPCRouter<Transport>()

    init(_ guarding: CallGuard) { self.guarding = guarding }

    /// A method of one request and one answer.
    mutating func add<Input: SwiftProtobuf.Message, Output: SwiftProtobuf.Message>(
      _ name: String, _ access: CallAccess, _ body: @escaping @Sendable (Input) async throws -> Output
    ) {
      let method = MethodDescriptor(fullyQualifiedService: service, method: name, type: .unary)
      let guarding = guarding
      router.registerHandler(
        forMethod: method, deserializer: ProtobufDeserializer<Input>(), serializer: ProtobufSerializer<Output>()
      ) { request, _ in
        let (call, answer) = try await guarding.counting(method) {
          let call = try guarding.begin(access, request.metadata)
          let message = try await ServerRequest(stream: request).message
          return (call, try await guarding.cancellable(request.metadata) { try await body(message) })
        }
        return StreamingServerResponse { writer in
          try await writer.write(answer)
          return withExtendedLifetime(call) { [:] }
        }
      }
    }

    /// A method whose answers come one after another.
    ///
    /// Such a call may last for long: `body` itself says when it is at work, by ``CallGuard/begin(_:_:)``.
    mutating func addStream<Input: SwiftProtobuf.Message, Output: SwiftProtobuf.Message>(
      _ name: String, _ type: MethodDescriptor.RPCType, _ access: CallAccess,
      _ body: @escaping @Sendable (StreamingServerRequest<Input>, RPCWriter<Output>, CallGuard) async throws -> Void
    ) {
      let method = MethodDescriptor(fullyQualifiedService: service, method: name, type: type)
      let guarding = guarding
      router.registerHandler(
        forMethod: method, deserializer: ProtobufDeserializer<Input>(), serializer: ProtobufSerializer<Output>()
      ) { request, _ in
        do throws(ServiceError) {
          _ = try guarding.begin(access, request.metadata)
        } catch {
          throw error.rpcError
        }
        return StreamingServerResponse { writer in
          try await guarding.counting(method) {
            try await guarding.cancellable(request.metadata) { try await body(request, writer, guarding) }
          }
          return [:]
        }
      }
    }
  }

  /// Who may call a method, and when.
  enum CallAccess: Sendable {
    /// Anybody.
    case open
    /// Who has the server's token.
    case reporting
    /// Who has the server's token, until the server is about to end.
    case working
  }

  /// Lets calls in, and counts them.
  struct CallGuard: Sendable {
    let server: ModelServer
    let connections: GRPCConnections
    let logger: Logger
    /// Of the calls alone that come over gRPC.
    let lifecycle = Lifecycle()

    /// Takes a call into account until the result is let go.
    func begin(_ access: CallAccess, _ metadata: Metadata) throws(ServiceError) -> CallInProgress {
      let call = CallInProgress([server.lifecycle, lifecycle])
      if access != .open {
        let header = metadata[stringValues: "authorization"].first { _ in true } ?? ""
        try server.requireToken(header)
      }
      // After the call is counted: the end waits for all that are.
      if access == .working, server.lifecycle.isEnding {
        throw ServiceError(.unavailable, "the server is about to end; connect to another")
      }
      return call
    }

    /// Counts what `body` comes to.
    func counting<R>(_ method: MethodDescriptor, _ body: () async throws -> R) async throws(RPCError) -> R {
      let start = ContinuousClock.now
      do {
        let result = try await body()
        count(method, code: 0, since: start)
        return result
      } catch {
        let status = RPCError(any: error)
        if status.code == .internalError { logger.error("\(method): \(error)") }
        count(method, code: status.code.rawValue, since: start)
        throw status
      }
    }

    /// Does `work`, which is cancelled where the client cancels the call, goes away, or has set a deadline that passes.
    func cancellable<R: Sendable>(
      _ metadata: Metadata, _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R {
      let number = metadata[stringValues: StreamGuard.numberHeader].first { _ in true } ?? ""
      guard let stream = connections.call(number) else { throw CancellationError() }
      return try await stream.cancelling {
        let task = Task { try await work() }
        return try await withTaskCancellationHandler {
          try await withRPCCancellationHandler {
            try await task.value
          } onCancelRPC: {
            task.cancel()
          }
        } onCancel: {
          task.cancel()
        }
      }
    }

    private func count(_ method: MethodDescriptor, code: Int, since start: ContinuousClock.Instant) {
      server.metrics.grpc.answered(
        .init(route: "\(method)", method: "", status: code), seconds: (ContinuousClock.now - start).inSeconds)
    }
  }

  /// A call that is not answered yet.
  final class CallInProgress: Sendable {
    private let lifecycles: [Lifecycle]

    init(_ lifecycles: [Lifecycle]) {
      self.lifecycles = lifecycles
      for lifecycle in lifecycles { lifecycle.enter() }
    }

    deinit { for lifecycle in lifecycles { lifecycle.leave() } }
  }
#endif
