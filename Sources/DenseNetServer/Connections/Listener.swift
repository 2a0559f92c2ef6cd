#if Serve
  import NIOCore
  import Synchronization

  /// The socket that connections come from.
  final class Listener: Sendable {
    private let channel = Mutex<(any Channel)?>(nil)

    func set(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

    /// Lets no further connection begin, and waits until those are accepted that have begun. Closing the socket at once
    /// would reset connections whose clients may have sent a request already.
    ///
    /// Linux can filter a socket's packets: with all of them dropped, a client's attempt stays unanswered until the socket
    /// is closed, and is refused then. Other systems have no such means.
    func takeLastConnections() async {
      #if os(Linux)
        guard let options = channel.withLock({ $0 }) as? any SocketOptionProvider else { return }
        let instruction = UnsafeMutablePointer<Instruction>.allocate(capacity: 1)
        defer { instruction.deallocate() }
        instruction.initialize(to: Instruction())
        let attach = NIOBSDSocket.Option(rawValue: 26)  // SO_ATTACH_FILTER, which Swift's Glibc module leaves out
        let program = Program(length: 1, instructions: instruction)
        try? await options.unsafeSetSocketOption(level: .socket, name: attach, value: program).get()
        try? await Task.sleep(for: .milliseconds(100))
      #endif
    }

    /// `struct sock_filter`: return 0 bytes of the packet.
    private struct Instruction {
      var code: UInt16 = 0x06
      var jumpTrue: UInt8 = 0
      var jumpFalse: UInt8 = 0
      var value: UInt32 = 0
    }

    /// `struct sock_fprog`
    private struct Program: @unchecked Sendable {
      var length: UInt16
      var instructions: UnsafeMutablePointer<Instruction>
    }
  }
#endif
