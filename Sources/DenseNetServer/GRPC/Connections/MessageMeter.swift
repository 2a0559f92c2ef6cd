#if Serve
  import NIOCore

  /// Where gRPC's messages begin and end in a stream: each follows a byte that says whether it is packed, and its length in
  /// 4 bytes.
  struct MessageMeter {
    private var head: [UInt8] = []
    /// Bytes of the message that are still to come, once its head is here.
    private var left = 0
    /// The largest length that a head has claimed.
    private(set) var largest = 0

    /// Whether a message has begun that has not ended.
    var isWithinMessage: Bool { !head.isEmpty }

    /// - Returns: the sizes of the messages that end in `bytes`, their heads included.
    mutating func take(_ bytes: ByteBufferView) -> [Int] {
      var (rest, ended) = (bytes[...], [Int]())
      while !rest.isEmpty {
        if head.count < 5 {
          let count = min(5 - head.count, rest.count)
          head += rest.prefix(count)
          rest = rest.dropFirst(count)
          guard head.count == 5 else { break }
          left = length
          largest = max(largest, left)
        }
        let count = min(left, rest.count)
        rest = rest.dropFirst(count)
        left -= count
        if left == 0 {
          ended.append(5 + length)
          head = []
        }
      }
      return ended
    }

    private var length: Int { head[1...].reduce(0) { $0 << 8 | Int($1) } }
  }
#endif
