#if Serve
  import DenseNets
  import GRPCCore
  import GRPCNIOTransportHTTP2
  import SwiftProtobuf

  @testable import DenseNetServer

  /// A client of a server over gRPC, with gRPC's own transport.
  struct GRPCCaller: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix

    static let inference = "inference.GRPCInferenceService"
    static let health = "grpc.health.v1.Health"

    let client: GRPCClient<Transport>
    var metadata: Metadata = [:]
    var options = CallOptions.defaults

    /// Calls a server for the time of `body`.
    static func with<R: Sendable>(
      _ port: Int, compression: CompressionAlgorithm = .none, _ body: (GRPCCaller) async throws -> R
    ) async throws -> R {
      var configuration = Transport.Config.defaults
      configuration.compression = .init(algorithm: compression, enabledAlgorithms: [.gzip, .deflate])
      let transport = try Transport(
        target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext, config: configuration)
      return try await withGRPCClient(transport: transport) { client in
        var caller = GRPCCaller(client: client)
        caller.options.maxResponseMessageBytes = 64 << 20
        caller.options.maxRequestMessageBytes = 256 << 20
        return try await body(caller)
      }
    }

    func call<Input: SwiftProtobuf.Message, Output: SwiftProtobuf.Message>(
      _ method: String, _ request: Input, service: String = Self.inference, as: Output.Type = Output.self
    ) async throws -> Output {
      try await client.unary(
        request: ClientRequest(message: request, metadata: metadata),
        descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
        serializer: ProtobufSerializer<Input>(), deserializer: ProtobufDeserializer<Output>(), options: options
      ) { try $0.message }
    }

    /// Sends bytes that need be no message.
    func call(_ method: String, bytes: [UInt8], service: String = Self.inference) async throws -> [UInt8] {
      try await client.unary(
        request: ClientRequest(message: bytes, metadata: metadata),
        descriptor: MethodDescriptor(fullyQualifiedService: service, method: method), serializer: Plain(),
        deserializer: Plain(), options: options
      ) { try $0.message }
    }

    func stream<Input: SwiftProtobuf.Message, Output: SwiftProtobuf.Message, R: Sendable>(
      _ method: String, _ requests: [Input], service: String = Self.inference, of: Output.Type = Output.self,
      _ body: @escaping @Sendable (RPCAsyncSequence<Output, any Error>) async throws -> R
    ) async throws -> R {
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest(metadata: metadata) { try await $0.write(contentsOf: requests) },
        descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
        serializer: ProtobufSerializer<Input>(), deserializer: ProtobufDeserializer<Output>(), options: options
      ) { try await body($0.messages) }
    }

    func infer(_ request: Inference_ModelInferRequest) async throws -> Inference_ModelInferResponse {
      try await call("ModelInfer", request)
    }

    func health(_ service: String = "") async throws -> Grpc_Health_V1_HealthCheckResponse.ServingStatus {
      let response: Grpc_Health_V1_HealthCheckResponse = try await call(
        "Check", Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }, service: Self.health)
      return response.status
    }
  }

  /// The code that a call ends with; nil: it succeeds.
  func failure(_ body: () async throws -> some Any) async -> RPCError? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? RPCError ?? RPCError(code: .unknown, message: "no RPCError: \(error)")
    }
  }

  private struct Plain: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
      bytes.withUnsafeBytes { Array($0) }
    }
  }

  extension Inference_ModelInferRequest {
    /// A tensor, in the field for values or as bytes.
    init(_ tensor: Tensor, raw: Bool, model: String = "tiny") {
      self.init()
      modelName = model
      var input = InferInputTensor()
      (input.name, input.datatype, input.shape) = ("input", "FP32", tensor.shape.map { Int64($0) })
      if raw {
        rawInputContents = [tensor.values.withUnsafeBytes { .init($0) }]
      } else {
        input.contents.fp32Contents = tensor.values
      }
      inputs = [input]
    }

    /// Picture files.
    init(_ files: [[UInt8]], raw: Bool, model: String = "tiny") {
      self.init()
      modelName = model
      var input = InferInputTensor()
      (input.name, input.datatype, input.shape) = ("input", "BYTES", [Int64(files.count)])
      if raw {
        let bytes = files.flatMap { file in withUnsafeBytes(of: UInt32(file.count).littleEndian) { Array($0) } + file }
        rawInputContents = [.init(bytes)]
      } else {
        input.contents.bytesContents = files.map { .init($0) }
      }
      inputs = [input]
    }
  }

  extension Inference_ModelInferResponse {
    /// The first output, as numbers.
    var floats: [Float] {
      guard let bytes = rawOutputContents.first.map({ [UInt8]($0) }), bytes.count % 4 == 0 else { return [] }
      return stride(from: 0, to: bytes.count, by: 4).map { start in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) })
      }
    }

    /// The first output, as texts.
    var texts: [String] {
      let bytes = rawOutputContents.first.map { [UInt8]($0) } ?? []
      let elements = (try? InputContent.elements(of: bytes[...], count: Int(outputs[0].shape.reduce(1, *)))) ?? []
      return elements.map { String(decoding: $0, as: UTF8.self) }
    }
  }
#endif
