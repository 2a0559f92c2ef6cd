#if Serve
  import DenseNetServer
  import DenseNets
  import Foundation
  import Logging
  import ServiceLifecycle
  import Synchronization

  /// A server on a free port of the loopback interface, or two.
  final class RunningServer: Sendable {
    let port: Int
    /// 0 where there is no gRPC.
    let grpcPort: Int
    let server: ModelServer
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(
      _ models: [(String, String)], _ configuration: ModelServer.Configuration = .init(), grpc: Int? = nil,
      _ change: (inout HTTPService.Options) -> Void = { _ in }
    ) async throws {
      let repository = ModelRepository(device: try .cpu(threads: 2))
      for (name, path) in models { try repository.add(name, path: path) }
      let server = try ModelServer(repository, configuration: configuration)
      var options = HTTPService.Options()
      (options.port, options.drain) = (0, .zero)
      change(&options)
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let (ports, port) = AsyncStream<(Int, isGRPC: Bool)>.makeStream()
      var services: [any Service] = [HTTPService(server, options: options, logger: logger) { port.yield(($0, false)) }]
      if let grpc {
        services.append(
          GRPCService(server, options: .init(options, port: grpc), logger: logger) { port.yield(($0, true)) })
      }
      let group = ServiceGroup(
        configuration: .init(
          services: [.init(service: JointServices(services), successTerminationBehavior: .gracefullyShutdownGroup)],
          logger: logger))
      let running = Task {
        defer { port.finish() }
        try await group.run()
      }
      var found: [Bool: Int] = [:]
      for await (port, isGRPC) in ports {
        found[isGRPC] = port
        if found.count == services.count { break }
      }
      guard found.count == services.count else {
        try await running.value
        throw Failure(.internalError, "the server ended before it was ready")
      }
      (self.port, grpcPort) = (found[false]!, found[true] ?? 0)
      (self.server, self.group, self.running) = (server, group, running)
    }

    /// Tells the server to end, without waiting for it.
    func beginEnd() async { await group.triggerGracefulShutdown() }

    func end() async throws {
      await group.triggerGracefulShutdown()
      try await running.value
    }

    /// Sends one request over a connection of its own.
    func send(
      _ method: String, _ path: String, _ headers: [String: String] = [:], body: [UInt8] = []
    ) async throws -> Answer {
      let port = port
      return try await offPool {
        let client = try Client(port: port)
        try client.send(Client.request(method, path, headers, body: body))
        return try client.answer(isHead: method == "HEAD")
      }
    }
  }

  /// Does blocking work on a thread of its own, since those of Swift's concurrency are few.
  func offPool<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try BackgroundThread.start { continuation.resume(with: Result { try body() }) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
#endif
