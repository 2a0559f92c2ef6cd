#if Serve
  import GRPCCore
  import SwiftProtobuf

  // The package grpc-swift-protobuf has the same, and brings the compiler protoc with it, which takes minutes to build.

  struct ProtobufSerializer<Message: SwiftProtobuf.Message>: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: Message) throws -> Bytes {
      try (message.serializedBytes() as ProtobufBytes<Bytes>).bytes
    }
  }

  struct ProtobufDeserializer<Message: SwiftProtobuf.Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Message {
      do {
        return try Message(serializedBytes: ProtobufBytes(bytes: bytes))
      } catch {
        throw ServiceError(.invalidArgument, "expected a message \(Message.protoMessageName), found other bytes")
          .rpcError
      }
    }
  }

  /// Bytes of one package for the other.
  private struct ProtobufBytes<Bytes: GRPCContiguousBytes>: SwiftProtobufContiguousBytes {
    var bytes: Bytes

    init(bytes: Bytes) { self.bytes = bytes }
    init(repeating byte: UInt8, count: Int) { bytes = Bytes(repeating: byte, count: count) }
    init<Source: Sequence>(_ sequence: Source) where Source.Element == UInt8 { bytes = Bytes(sequence) }

    var count: Int { bytes.count }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      try bytes.withUnsafeBytes(body)
    }

    mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
      try bytes.withUnsafeMutableBytes(body)
    }
  }
#endif
