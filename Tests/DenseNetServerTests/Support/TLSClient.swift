#if Serve
  import DenseNets
  import Foundation
  import NIOCore
  import NIOPosix
  import NIOSSL

  /// A certificate for localhost, signed by itself, valid until 2126, and its key, which guards nothing.
  struct TestCertificate {
    let certificate: String
    let key: String

    init(in scratch: Scratch) throws {
      (certificate, key) = (scratch.path("certificate.pem"), scratch.path("key.pem"))
      try Self.certificatePEM.write(toFile: certificate, atomically: true, encoding: .utf8)
      try Self.keyPEM.write(toFile: key, atomically: true, encoding: .utf8)
    }

    private static let certificatePEM = """
      -----BEGIN CERTIFICATE-----
      MIIBlTCCATugAwIBAgIUeQYIA0Z5oNrZo8Aal3p4vEQlOVowCgYIKoZIzj0EAwIw
      FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODA0MzE0MVoYDzIxMjYxMTA0
      MDQzMTQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
      PQMBBwNCAASqhOgu4hoyj7KhmnECCQi7ECYV6kekQTw7QEVjhVXjD+dFVOFr5/Tr
      WP8Aw2PGh7/IltWDaQudu6cI/4Xz5yJ2o2kwZzAdBgNVHQ4EFgQUJ2ZLZ/AhcOhJ
      ZmydxhOxZMcSSmYwHwYDVR0jBBgwFoAUJ2ZLZ/AhcOhJZmydxhOxZMcSSmYwDwYD
      VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
      SAAwRQIgAp0XGiEl0O791aXyQOnCRTfWJ+piRE275j3djutwF4ICIQDPjGJfH1cr
      0OFsriOjmX+XPySYncmCX02uVp/yUjb/LQ==
      -----END CERTIFICATE-----
      """
    private static let keyPEM = """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg72UY7ZgKCcYi97Q7
      OW02NHc7viIKBMfP/Vy3a7PaxIChRANCAASqhOgu4hoyj7KhmnECCQi7ECYV6kek
      QTw7QEVjhVXjD+dFVOFr5/TrWP8Aw2PGh7/IltWDaQudu6cI/4Xz5yJ2
      -----END PRIVATE KEY-----
      """
  }

  enum TLSClient {
    /// What a server sends over TLS until it closes the connection, as text.
    static func answer(of port: Int, trusting certificate: String, to request: [UInt8]) async throws -> String {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(certificate)
      configuration.applicationProtocols = ["http/1.1"]
      let context = try NIOSSLContext(configuration: configuration)
      let loop = MultiThreadedEventLoopGroup.singleton.next()
      let promise = loop.makePromise(of: [UInt8].self)
      let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
          try channel.pipeline.syncOperations.addHandlers(tls, Collector(promise))
        }
      }.connect(host: "127.0.0.1", port: port).get()
      try await channel.writeAndFlush(ByteBuffer(bytes: request)).get()
      return String(decoding: try await promise.futureResult.get(), as: UTF8.self)
    }

    /// Takes what arrives until the channel ends.
    private final class Collector: ChannelInboundHandler {
      typealias InboundIn = ByteBuffer

      private let promise: EventLoopPromise<[UInt8]>
      private var bytes: [UInt8] = []

      init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }

      func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
      }
      func channelInactive(context: ChannelHandlerContext) { promise.succeed(bytes) }
      // A connection that ends without TLS's own farewell has ended all the same.
      func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
  }
#endif
