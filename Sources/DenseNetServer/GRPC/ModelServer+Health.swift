#if Serve
  import GRPCCore
  import SwiftProtobuf

  /// gRPC's own health checks: of the server by an empty name, and of a model by the model's.
  extension ModelServer {
    private typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

    func addHealth(_ table: inout MethodTable<some ServerTransport>) {
      table.add("Check", .open) { [self] (request: Grpc_Health_V1_HealthCheckRequest) in
        let status = try health(of: request.service)
        return Grpc_Health_V1_HealthCheckResponse.with { $0.status = status }
      }
      table.addStream("Watch", .serverStreaming, .open) {
        [self] (request: StreamingServerRequest<Grpc_Health_V1_HealthCheckRequest>, writer, _) in
        try await watch(try await ServerRequest(stream: request).message.service, writer)
      }
    }

    /// - Throws: `ServiceError(.notFound)`.
    private func health(of service: String) throws(ServiceError) -> Status {
      switch service {
      case "", "inference.GRPCInferenceService", "grpc.health.v1.Health": isReady ? .serving : .notServing
      default: try isReady(service, version: nil) ? .serving : .notServing
      }
    }

    /// Tells of each change, until the client or the server ends.
    private func watch(_ service: String, _ writer: RPCWriter<Grpc_Health_V1_HealthCheckResponse>) async throws {
      guard watchers.add() <= Self.largestWatcherCount else {
        watchers.subtract()
        throw ServiceError(.unavailable, "too many calls of Watch; use Check")
      }
      defer { watchers.subtract() }
      var last: Status?
      while true {
        let status = (try? health(of: service)) ?? .serviceUnknown
        if status != last { try await writer.write(.with { $0.status = status }) }
        last = status
        try await Task.sleep(for: .milliseconds(200))
      }
    }

    private static let largestWatcherCount = 1000
  }
#endif
