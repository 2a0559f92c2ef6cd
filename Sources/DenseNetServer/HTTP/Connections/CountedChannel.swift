#if Serve
  import HummingbirdCore
  import Logging
  import NIOCore
  import NIOSSL
  import NIOTLS

  /// Hummingbird's handling of connections, with two things that begin before the first byte of HTTP: each connection
  /// counts from its acceptance on, and a handshake of TLS has a deadline: none where there is no room for the connection.
  struct CountedChannel<Inner: ServerChildChannel>: ServerChildChannel {
    let inner: Inner
    let registry: ConnectionRegistry
    let times: ConnectionTimes

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Inner.Value> {
      let registry = registry
      registry.accepted(channel)
      let hasRoom = registry.add(Connection(channel))
      channel.closeFuture.whenComplete { _ in
        registry.closed()
        registry.remove(channel)
      }
      let deadline = times.transfer
      return inner.setup(channel: channel, logger: logger).flatMapThrowing { value in
        let pipeline = channel.pipeline.syncOperations
        if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
          try pipeline.addHandler(HandshakeDeadline(hasRoom ? deadline : .zero), position: .after(tls))
        }
        return value
      }
    }

    func handle(value: Inner.Value, logger: Logger) async { await inner.handle(value: value, logger: logger) }
  }

  /// Closes a connection whose handshake takes too long.
  private final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let time: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ time: TimeAmount) { self.time = time }

    func handlerAdded(context: ChannelHandlerContext) {
      timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
      timer?.cancel()
      context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case TLSUserEvent.handshakeCompleted = event { timer?.cancel() }
      context.fireUserInboundEventTriggered(event)
    }
  }
#endif
