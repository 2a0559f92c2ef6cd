#if Serve
  import GRPCCore
  import NIOCore
  import NIOHPACK
  import NIOHTTP2

  /// Guards a call: deadlines for slow senders and readers, the largest message, and the memory of all messages that are
  /// not answered yet.
  ///
  /// It stands before the library's own handlers, and refuses what they would keep in memory until it is whole.
  final class StreamGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// What of a method counts here.
    private enum Kind {
      case unary
      /// One request, and answers as things change: nothing is under way meanwhile.
      case watching
      /// A request may follow another, after any time.
      case streaming

      init(path: String?) {
        switch path {
        case "/grpc.health.v1.Health/Watch": self = .watching
        case "/inference.GRPCInferenceService/ModelStreamInfer": self = .streaming
        default: self = .unary
        }
      }
    }

    /// The header by which a call finds its stream: the library tells of a client that goes away only where the call has
    /// begun before.
    static let numberHeader = "densenet-call"

    private let connections: GRPCConnections
    private var call: (stream: Connection, number: String)?
    private let reading: TransferDeadline
    private let writing: TransferDeadline
    private var kind: Kind?
    private var (incoming, outgoing) = (MessageMeter(), MessageMeter())
    /// The sizes of the messages that are whole and not answered yet.
    private var unanswered: [Int] = []
    /// Bytes that this call has taken of the server's limit.
    private var taken = 0
    private var pendingWrites = 0
    private var isBusy = false
    private var hasAnswered = false
    private var hasEnded = false

    init(_ connections: GRPCConnections) {
      self.connections = connections
      (reading, writing) = (TransferDeadline(connections.times), TransferDeadline(connections.times))
    }

    func handlerAdded(context: ChannelHandlerContext) {
      call = connections.callBegan(context.channel)
      connections.streamBegan(context.channel.parent)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
      hasEnded = true
      if let call {
        connections.callEnded(call.number)
        call.stream.depart()
      }
      for deadline in [reading, writing] { deadline.end() }
      connections.bodies.giveBack(taken)
      taken = 0
      setBusy(false, context)
      connections.streamEnded(context.channel.parent)
    }

    private func setBusy(_ isBusy: Bool, _ context: ChannelHandlerContext) {
      guard isBusy != self.isBusy else { return }
      self.isBusy = isBusy
      connections.setBusy(context.channel.parent, isBusy)
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if hasEnded { return }
      switch unwrapInboundIn(data) {
      case .headers(var frame) where kind == nil:
        kind = Kind(path: frame.headers.first(name: ":path"))
        setBusy(kind == .unary, context)
        if !frame.endStream, kind != .streaming { watchReading(context) }
        frame.headers.replaceOrAdd(name: Self.numberHeader, value: call?.number ?? "")
        return context.fireChannelRead(wrapInboundOut(.headers(frame)))
      case .data(let frame):
        guard case .byteBuffer(let buffer) = frame.data else { break }
        do throws(ServiceError) {
          try take(buffer, context)
        } catch {
          return refuse(context, error)
        }
        if frame.endStream { reading.end() }
      default: break
      }
      context.fireChannelRead(data)
    }

    private func take(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) throws(ServiceError) {
      let count = buffer.readableBytes
      guard connections.bodies.take(count) else { throw ServiceError.tooManyBodies }
      taken += count
      unanswered += incoming.take(buffer.readableBytesView)
      guard incoming.largest <= connections.largestMessage else {
        throw ServiceError.tooLarge(connections.largestMessage)
      }
      reading.moved(count)
      guard kind == .streaming else { return }
      setBusy(incoming.isWithinMessage || !unanswered.isEmpty, context)
      if !incoming.isWithinMessage {
        reading.end()
      } else if !reading.isRunning {
        watchReading(context)
      }
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      if hasEnded {
        promise?.fail(ChannelError.ioOnClosedChannel)
        return
      }
      hasAnswered = true
      if case .data(let frame) = unwrapOutboundIn(data), case .byteBuffer(let buffer) = frame.data {
        answered(outgoing.take(buffer.readableBytesView).count, context)
        writing.moved(buffer.readableBytes)
      }
      let promise = promise ?? context.eventLoop.makePromise()
      if pendingWrites == 0 {
        writing.begin(on: context.eventLoop) { context.close(promise: nil) }
      }
      pendingWrites += 1
      let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
      promise.futureResult.whenComplete { _ in
        bound.value.pendingWrites -= 1
        if bound.value.pendingWrites == 0 { bound.value.writing.end() }
      }
      context.write(data, promise: promise)
    }

    private func answered(_ count: Int, _ context: ChannelHandlerContext) {
      guard kind == .streaming else { return }
      let first = unanswered.prefix(count)
      let size = first.reduce(0, +)
      unanswered.removeFirst(first.count)
      connections.bodies.giveBack(size)
      taken -= size
      setBusy(incoming.isWithinMessage || !unanswered.isEmpty, context)
    }

    // MARK: - Refusals

    private func watchReading(_ context: ChannelHandlerContext) {
      reading.begin(on: context.eventLoop) { [weak self] in
        self?.refuse(context, ServiceError(.tooSlow, "the request took too long to arrive; send it faster"))
      }
    }

    /// Ends the call with an error, or without where an answer has begun.
    private func refuse(_ context: ChannelHandlerContext, _ error: ServiceError) {
      guard !hasEnded else { return }
      if !hasAnswered {
        let status = error.rpcError
        let headers: HPACKHeaders = [
          ":status": "200", "content-type": "application/grpc", "grpc-status": "\(status.code.rawValue)",
          "grpc-message": status.message,
        ]
        context.write(wrapOutboundOut(.headers(.init(headers: headers, endStream: true))), promise: nil)
      }
      hasEnded = true
      context.writeAndFlush(wrapOutboundOut(.rstStream(hasAnswered ? .cancel : .noError)), promise: nil)
      context.close(promise: nil)
    }
  }

  @available(*, unavailable)
  extension StreamGuard: Sendable {}
#endif
