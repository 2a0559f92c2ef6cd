#if Serve
  import DenseNets
  import Foundation
  import Hummingbird
  import HummingbirdCore
  import HummingbirdHTTP2
  public import Logging
  import NIOCore
  import NIOSSL
  public import ServiceLifecycle

  /// Serves a ``ModelServer`` over HTTP until it is told to end.
  ///
  /// Its end loses no request: told to end, it is no longer ready, and closes each connection after its next answer. It
  /// still accepts connections for a while, so that who distributes requests can notice. Then it accepts the last ones that
  /// the system has for it, stops listening, and ends once everything is answered.
  public struct HTTPService: Service {
    private let server: ModelServer
    private let options: Options
    private let logger: Logger
    private let onReady: @Sendable (Int) -> Void

    public struct Options: Sendable {
      public var host = "127.0.0.1"
      /// 0: a free one.
      public var port = 8080
      /// Connections at once, at most.
      public var largestConnectionCount = 2048
      /// Further names by which clients may call the server.
      public var hostNames: [String] = []
      /// Origins whose web pages may use the server.
      public var origins: [String] = []
      /// Paths of a certificate chain and its key, in PEM; nil: no TLS.
      public var tls: (certificate: String, key: String)?
      /// How long connections are still accepted once the server is told to end.
      public var drain = Duration.seconds(10)
      public var times = ConnectionTimes()

      public init() {}

      /// Whether only this machine can reach the server.
      public var isLoopback: Bool { OwnHosts.isLoopback(host) }
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
      let registry = ConnectionRegistry(limit: options.largestConnectionCount)
      let listener = Listener()
      let onReady = onReady
      let application = Application(
        router: router(), server: try builder(registry),
        configuration: .init(address: .hostname(options.host, port: options.port), backlog: 4096),
        onServerRunning: { channel in
          listener.set(channel)
          onReady(channel.localAddress?.port ?? 0)
        }, logger: logger)
      let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
      // Detached, since it is to learn of the end only after the last connection was accepted.
      let running = Task.detached { try await group.run() }
      let watching = Task { await watchFiles() }
      defer { watching.cancel() }
      do {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          tasks.addTask {
            try await withTaskCancellationHandler {
              try await running.value
            } onCancel: {
              Task { await group.triggerGracefulShutdown() }
            }
          }
          tasks.addTask {
            try await gracefulShutdown()
            server.beginEnding()
            await registry.drain(options.drain) { server.requestsInProgress == 0 }
            await listener.takeLastConnections()
            await group.triggerGracefulShutdown()
            try await running.value
          }
          try await tasks.next()
          tasks.cancelAll()
        }
      } catch {
        throw Failure.listening(options.host, options.port, error)
      }
    }

    private func router() -> Router<ServerContext> {
      let router = Router(context: ServerContext.self)
      let machine = ProcessInfo.processInfo.hostName
      router.add(
        middleware: FrontDoor<ServerContext>(
          hosts: OwnHosts(bound: options.host, machine: machine, others: options.hostNames), origins: options.origins))
      server.addRoutes(to: router)
      return router
    }

    private func builder(_ registry: ConnectionRegistry) throws -> HTTPServerBuilder {
      let (times, server) = (options.times, server)
      let http = HTTP1Channel.Configuration(
        additionalChannelHandlers: [
          ConnectionHandler(registry: registry, times: times) { [weak server] in server?.lifecycle.isEnding ?? true }
        ],
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))
      guard let tls = options.tls else {
        return HTTPServerBuilder { responder in
          CountedChannel(
            inner: HTTP1Channel(responder: responder, configuration: http), registry: registry, times: times)
        }
      }
      let configuration = try CertificateFiles.configuration(tls.certificate, tls.key)
      let http2 = HTTP2ChannelConfiguration(
        idleTimeout: .seconds(60), gracefulCloseTimeout: .seconds(30), streamConfiguration: http)
      return HTTPServerBuilder { responder in
        CountedChannel(
          inner: try HTTP2UpgradeChannel(
            tlsConfiguration: configuration, configuration: http2, responder: responder), registry: registry,
          times: times)
      }
    }

    /// Looks every second for models whose files have changed.
    private func watchFiles() async {
      var stamps: [String: WeightsStamp] = [:]
      while !Task.isCancelled {
        let (known, server) = (stamps, server)
        stamps = (try? await server.loader.run { server.models.reloadChanged(since: known) }) ?? [:]
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
#endif
