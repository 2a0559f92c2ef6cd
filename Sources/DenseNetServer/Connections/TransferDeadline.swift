#if Serve
  public import NIOCore

  /// How long clients may take.
  public struct ConnectionTimes: Sendable {
    /// For a connection without a request in progress; a request's head must have arrived whole within it.
    public var idle = TimeAmount.seconds(60)
    /// For a body to arrive or an answer to be read, beside what `slowestRate` allows for its size.
    public var transfer = TimeAmount.seconds(30)
    /// Bytes per second that a client must at least send or read.
    public var slowestRate = 16 << 10
    /// For a client to close its side after the last answer.
    public var linger = TimeAmount.seconds(2)
    /// How long a client that has closed its sending side is still taken to wait for an answer.
    public var halfClosed = TimeAmount.milliseconds(500)
    /// How long an idle connection is watched for a request under way before it is closed at the server's end.
    public var lastLook = TimeAmount.milliseconds(200)

    public init() {}
  }

  /// The time that a client has to send or to read something.
  ///
  /// It belongs to the event loop of the client's channel.
  final class TransferDeadline {
    private let times: ConnectionTimes
    private var timer: Scheduled<Void>?
    private var start = NIODeadline.now()
    private var bytes = 0
    private(set) var isRunning = false

    init(_ times: ConnectionTimes) { self.times = times }

    /// - Parameter onLate: is called once, unless the transfer ends in time.
    func begin(on eventLoop: any EventLoop, onLate: @escaping () -> Void) {
      (isRunning, start, bytes) = (true, .now(), 0)
      watch(eventLoop, onLate)
    }

    /// So many bytes more have come through, which allow for more time.
    func moved(_ count: Int) { bytes += count }

    func end() {
      isRunning = false
      timer?.cancel()
      timer = nil
    }

    private var left: TimeAmount {
      start + times.transfer + .nanoseconds(Int64(Double(bytes) / Double(times.slowestRate) * 1e9)) - .now()
    }

    private func watch(_ eventLoop: any EventLoop, _ onLate: @escaping () -> Void) {
      timer?.cancel()
      timer = eventLoop.assumeIsolated().scheduleTask(in: max(left, .milliseconds(10))) { [weak self] in
        guard let self, isRunning else { return }
        if left > .zero { return watch(eventLoop, onLate) }
        end()
        onLate()
      }
    }
  }

  @available(*, unavailable)
  extension TransferDeadline: Sendable {}
#endif
