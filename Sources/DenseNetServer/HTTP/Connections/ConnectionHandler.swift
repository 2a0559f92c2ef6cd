#if Serve
  import HTTPTypes
  import NIOCore
  import NIOHTTPTypes

  /// Guards a connection: deadlines for slow senders and readers, `Expect: 100-continue`, an error body for what is no
  /// HTTP, and the end of the connection after an answer that says so.
  ///
  /// It stands before Hummingbird's own handlers and sees each request first and each answer last.
  final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let registry: ConnectionRegistry
    private let times: ConnectionTimes
    private let isEnding: @Sendable () -> Bool
    private var connection: Connection?
    private var hasRoom = true
    /// Whether this is a stream of HTTP/2, which ends by itself, and whose answers must not speak of the connection.
    private var isStream = false
    private var requests = 0
    private var closesAfterAnswer = false
    private var hasSaidClose = false
    private var hasEnded = false
    private let reading: TransferDeadline
    private let writing: TransferDeadline
    private var pendingWrites = 0
    private var idleTimer: Scheduled<Void>?

    init(registry: ConnectionRegistry, times: ConnectionTimes, isEnding: @escaping @Sendable () -> Bool) {
      (self.registry, self.times, self.isEnding) = (registry, times, isEnding)
      (reading, writing) = (TransferDeadline(times), TransferDeadline(times))
    }

    func handlerAdded(context: ChannelHandlerContext) {
      let connection = Connection(context.channel)
      self.connection = connection
      isStream = context.channel.parent?.parent != nil
      // A stream is no connection of its own.
      if isStream { OpenConnections.add(connection) } else { hasRoom = registry.add(connection) }
      if context.channel.isActive { begin(context) }
    }

    /// The channel of the connection itself.
    private func counted(_ context: ChannelHandlerContext) -> (any Channel)? {
      isStream ? context.channel.parent : context.channel
    }

    func channelActive(context: ChannelHandlerContext) {
      begin(context)
      context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
      if hasRoom { return watchIdle(context) }
      refuse(context, ServiceError(.unavailable, "too many connections; try again later", retryAfter: 1))
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(context) }

    func channelInactive(context: ChannelHandlerContext) {
      end(context)
      context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext) {
      guard let connection else { return }
      if isStream, requests > 0, let counted = counted(context) { registry.requests(-1, over: counted) }
      registry.remove(context.channel)
      connection.depart()
      self.connection = nil
      for deadline in [reading, writing] { deadline.end() }
      idleTimer?.cancel()
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if hasEnded { return }
      switch unwrapInboundIn(data) {
      case .head:
        requests += 1
        idleTimer?.cancel()
        if requests == 1, let counted = counted(context) { registry.requests(1, over: counted) }
        reading.begin(on: context.eventLoop) { context.close(promise: nil) }
      case .body(let part): reading.moved(part.readableBytes)
      case .end: reading.end()
      }
      context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // What is no HTTP gets an answer here, unless a request before it still waits for its own.
      guard requests == 0, !hasEnded, !isStream else { return context.fireErrorCaught(error) }
      refuse(context, ServiceError(.invalidArgument, "expected a request of HTTP/1.1, found something else"))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      switch event {
      case is ChannelShouldQuiesceEvent where requests == 0 && !hasEnded:
        closesAfterAnswer = true
        // A request may be under way that nobody has read yet.
        schedule(context, in: times.lastLook) { handler, context in
          context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
      case is ChannelShouldQuiesceEvent:
        closesAfterAnswer = true
        context.fireUserInboundEventTriggered(event)
      case ChannelEvent.inputClosed:
        schedule(context, in: times.halfClosed) { handler, _ in handler.connection?.depart() }
        context.fireUserInboundEventTriggered(event)
      default: context.fireUserInboundEventTriggered(event)
      }
    }

    // MARK: - Answers

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
      guard event is SendContinue else { return context.triggerUserOutboundEvent(event, promise: promise) }
      if reading.isRunning {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: promise)
      }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      var (part, size, isLast) = (unwrapOutboundIn(data), 0, false)
      switch part {
      case .head(var head) where head.status.code >= 200 && !isStream:
        // A body that nobody will read ends the connection, and so does the server's own end once nothing else waits.
        if reading.isRunning || head.headerFields[.connection] == "close"
          || (isEnding() || closesAfterAnswer) && requests <= 1
        {
          hasSaidClose = true
          head.headerFields[.connection] = "close"
          part = .head(head)
        }
      case .head: break
      case .body(let buffer): size = buffer.readableBytes
      case .end: isLast = true
      }
      let isEnd = isLast
      let promise = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      promise.futureResult.whenComplete { _ in
        let (handler, context) = bound.value
        handler.wrote(context, isLast: isEnd)
      }
      if pendingWrites == 0 { writing.begin(on: context.eventLoop) { context.close(promise: nil) } }
      pendingWrites += 1
      writing.moved(size)
      context.write(wrapOutboundOut(part), promise: promise)
    }

    private func wrote(_ context: ChannelHandlerContext, isLast: Bool) {
      pendingWrites -= 1
      if pendingWrites == 0 { writing.end() }
      guard isLast, connection != nil else { return }
      requests -= 1
      if hasSaidClose {
        finish(context)
      } else if requests == 0 {
        if let counted = counted(context) { registry.requests(-1, over: counted) }
        watchIdle(context)
      }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
      switch mode {
      case .output where !isStream,
        .all where hasSaidClose && !hasEnded:
        finish(context)
        promise?.succeed()
      default: context.close(mode: mode, promise: promise)
      }
    }

    /// Answers what never became a request, and ends the connection.
    private func refuse(_ context: ChannelHandlerContext, _ error: ServiceError) {
      let body = JSON.object([("error", .string(error.message))]).bytes
      var head = HTTPResponse(status: error.status)
      head.headerFields[.contentType] = "application/json"
      head.headerFields[.contentLength] = "\(body.count)"
      head.headerFields[.connection] = "close"
      if let seconds = error.retryAfter { head.headerFields[.retryAfter] = "\(seconds)" }
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      finish(context)
    }

    /// Closes the sending side, and the rest once the client has had time to read the answer: closing all at once while
    /// bytes are unread would reset the connection, and the answer with it.
    private func finish(_ context: ChannelHandlerContext) {
      guard !hasEnded else { return }
      hasEnded = true
      context.close(mode: .output, promise: nil)
      schedule(context, in: times.linger) { _, context in context.close(promise: nil) }
    }
  }

  extension ConnectionHandler {
    @discardableResult
    private func schedule(
      _ context: ChannelHandlerContext, in time: TimeAmount,
      _ body: @escaping (ConnectionHandler, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
      context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
        if connection != nil { body(self, context) }
      }
    }

    private func watchIdle(_ context: ChannelHandlerContext) {
      idleTimer?.cancel()
      idleTimer = schedule(context, in: times.idle) { handler, context in
        if handler.requests == 0 { context.close(promise: nil) }
      }
    }
  }

  @available(*, unavailable)
  extension ConnectionHandler: Sendable {}
#endif
