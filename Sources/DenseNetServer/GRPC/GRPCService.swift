#if Serve
  import DenseNets
  import Foundation
  import GRPCCore
  import GRPCNIOTransportHTTP2
  public import Logging
  import NIOCore
  public import ServiceLifecycle

  /// Serves a ``ModelServer`` over gRPC until it is told to end: the Open Inference Protocol with Triton's extensions, and
  /// gRPC's own health checks.
  ///
  /// Told to end, it is no longer ready and refuses new work, so that clients turn to another server. It ends once
  /// everything that was accepted is answered.
  public struct GRPCService: Service {
    private let server: ModelServer
    private let options: Options
    private let logger: Logger
    private let onReady: @Sendable (Int) -> Void

    public struct Options: Sendable {
      public var host = "127.0.0.1"
      /// 0: a free one.
      public var port = 8081
      /// Connections at once, at most.
      public var largestConnectionCount = 2048
      /// Paths of a certificate chain and its key, in PEM; nil: no TLS.
      public var tls: (certificate: String, key: String)?
      /// How long connections are still accepted once the server is told to end.
      public var drain = Duration.seconds(10)
      public var times = ConnectionTimes()

      public init() {}

      /// Those of a server over HTTP, but for the port.
      public init(_ http: HTTPService.Options, port: Int) {
        (host, largestConnectionCount, tls) = (http.host, http.largestConnectionCount, http.tls)
        (drain, times, self.port) = (http.drain, http.times, port)
      }
    }

    /// - Parameter onReady: gets the port once the server accepts connections.
    public init(
      _ server: ModelServer, options: Options = Options(), logger: Logger,
      onReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
      (self.server, self.options, self.logger, self.onReady) = (server, options, logger, onReady)
    }

    /// - Throws: `Failure` where the address cannot be bound, or the certificate cannot be used.
    public func run() async throws {
      let connections = GRPCConnections(
        limit: options.largestConnectionCount, times: options.times, bodies: server.bodies,
        largestMessage: server.configuration.largestBody)
      let calls = CallGuard(server: server, connections: connections, logger: logger)
      var table = MethodTable<HTTP2ServerTransport.Posix>(calls)
      server.addMethods(to: &table)
      do {
        let transport = HTTP2ServerTransport.Posix(
          address: try address(), transportSecurity: try security(), config: configuration(connections))
        try await run(GRPCServer(transport: transport, router: table.router), calls.lifecycle, connections)
      } catch let error as RuntimeError {
        throw Failure.listening(options.host, options.port, error.cause ?? error)
      } catch {
        throw Failure.listening(options.host, options.port, error)
      }
    }

    private func run(
      _ grpc: GRPCServer<HTTP2ServerTransport.Posix>, _ calls: Lifecycle, _ connections: GRPCConnections
    ) async throws {
      try await withThrowingTaskGroup(of: Bool.self) { tasks in
        tasks.addTask {
          try await grpc.serve()
          return true
        }
        tasks.addTask {
          // Where it cannot listen, the other task says why.
          guard let address = try? await grpc.transport.listeningAddress else { return false }
          onReady(address.ipv4?.port ?? address.ipv6?.port ?? 0)
          try await gracefulShutdown()
          server.beginEnding()
          await connections.registry.drain(options.drain) { calls.requests == 0 }
          // The library cancels the calls that it still finds at its own end.
          while calls.requests > 0 { try await Task.sleep(for: .milliseconds(20)) }
          grpc.beginGracefulShutdown()
          try await Task.sleep(for: .nanoseconds(options.times.linger.nanoseconds))
          connections.closeAll()
          return false
        }
        tasks.addTask {
          while true {
            try await Task.sleep(for: .seconds(1))
            connections.close(emptyFor: options.times.idle + options.times.linger)
          }
        }
        while let hasEnded = try await tasks.next(), !hasEnded {}
        tasks.cancelAll()
      }
    }

    private func address() throws -> GRPCNIOTransportHTTP2.SocketAddress {
      let address = try NIOCore.SocketAddress.makeAddressResolvingHost(options.host, port: options.port)
      let host = address.ipAddress ?? options.host
      return host.contains(":") ? .ipv6(host: host, port: options.port) : .ipv4(host: host, port: options.port)
    }

    private func security() throws -> HTTP2ServerTransport.Posix.TransportSecurity {
      guard let tls = options.tls else { return .plaintext }
      _ = try CertificateFiles.configuration(tls.certificate, tls.key)
      return .tls(
        certificateChain: [.file(path: tls.certificate, format: .pem)],
        privateKey: .file(path: tls.key, format: .pem))
    }

    private func configuration(_ connections: GRPCConnections) -> HTTP2ServerTransport.Posix.Config {
      var configuration = HTTP2ServerTransport.Posix.Config.defaults
      configuration.rpc.maxRequestPayloadSize = server.configuration.largestBody
      configuration.compression.enabledAlgorithms = [.gzip, .deflate]
      configuration.http2.targetWindowSize = 1 << 20
      configuration.http2.maxConcurrentStreams = 100
      let idle = Duration.nanoseconds(options.times.idle.nanoseconds)
      configuration.connection.maxIdleTime = idle
      // Clients that have vanished while a call lasts.
      configuration.connection.keepalive.time = idle
      configuration.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
        connections.accepted(channel)
        return channel.eventLoop.makeSucceededVoidFuture()
      }
      configuration.channelDebuggingCallbacks.onAcceptHTTP2Stream = { connections.guardStream($0) }
      return configuration
    }
  }
#endif
