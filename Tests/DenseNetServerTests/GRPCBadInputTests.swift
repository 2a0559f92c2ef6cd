#if Serve
  import DenseNets
  import Foundation
  import GRPCCore
  import NIOCore
  import SwiftProtobuf
  import Testing

  @testable import DenseNetServer

  /// One clear status each, and the next call is answered.
  @Suite struct BadInputOverGRPC {
    let scratch: Scratch
    let weights: String
    let x = Tensor.randn([1, 3, 8, 8], seed: 5)

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
    }

    private func changed(
      raw: Bool = true, _ change: (inout Inference_ModelInferRequest) -> Void
    ) -> Inference_ModelInferRequest {
      var request = Inference_ModelInferRequest(x, raw: raw)
      change(&request)
      return request
    }

    private var cases: [(Inference_ModelInferRequest, RPCError.Code, String)] {
      [
        (changed { $0.modelName = "none" }, .notFound, "none"),
        (changed { $0.modelVersion = "7" }, .notFound, "7"),
        (changed { $0.modelName = "" }, .notFound, "expected a model"),
        (changed { $0.inputs[0].shape = [1, 3, 8, 9] }, .invalidArgument, "[N, 3, 8, 8]"),
        (changed { $0.inputs[0].shape = [2, 3, 8, 8] }, .invalidArgument, "1536 bytes"),
        (changed { $0.inputs[0].shape = [.max, 3, 8, .max] }, .invalidArgument, "too large"),
        (changed { $0.inputs[0].shape = [-1, 3, 8, 8] }, .invalidArgument, "negative"),
        (changed { $0.inputs[0].shape = [257, 3, 8, 8] }, .invalidArgument, "256"),
        (changed { $0.inputs[0].datatype = "INT8" }, .invalidArgument, "INT8"),
        (changed { $0.inputs[0].name = "x" }, .invalidArgument, "\"x\""),
        (changed { $0.inputs = [] }, .invalidArgument, "raw_input_contents"),
        (changed(raw: false) { $0.inputs = [] }, .invalidArgument, "found none"),
        (changed(raw: false) { $0.inputs[0].contents.fp32Contents.removeLast() }, .invalidArgument, "192 numbers"),
        (changed(raw: false) { $0.inputs[0].contents.fp32Contents[0] = .nan }, .invalidArgument, "finite"),
        (changed { $0.rawInputContents.append(Data()) }, .invalidArgument, "which are 1, found 2"),
        (changed { $0.inputs[0].contents.fp32Contents = [1] }, .invalidArgument, "beside"),
        (changed { $0.outputs = [.with { $0.name = "y" }] }, .invalidArgument, "\"y\""),
        (changed { $0.parameters["timeout"] = .with { $0.stringParam = "1" } }, .invalidArgument, "timeout"),
        (
          changed { $0.inputs[0].parameters["shared_memory_region"] = .with { $0.stringParam = "r" } },
          .invalidArgument,
          "shared memory"
        ),
        (.init([[1, 2, 3]], raw: true), .invalidArgument, "the picture"),
        (.init([[1, 2, 3]], raw: false), .invalidArgument, "the picture"),
      ]
    }

    @Test func eachGetsOneClearStatus() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let (cases, x) = (cases, x)
      try await GRPCCaller.with(server.grpcPort) { caller async throws in
        for (number, (request, code, says)) in cases.enumerated() {
          let error = await failure { try await caller.infer(request) }
          #expect(error?.code == code && error?.message.contains(says) == true, "case \(number): \(error as Any)")
        }
        let bytes = await failure { try await caller.call("ModelInfer", bytes: [0x0a, 0xff, 1]) }
        #expect(bytes?.code == .invalidArgument && bytes?.message.contains("ModelInferRequest") == true)
        let method = await failure { try await caller.call("ModelTrain", bytes: []) }
        #expect(method?.code == .unimplemented)
        #expect(await failure { try await caller.health("none") }?.code == .notFound)
        #expect(try await caller.infer(.init(x, raw: true)).floats.count == 3)
      }
      #expect(server.server.scheduler.accepted == 0)
      try await server.end()
      #expect(server.server.bodies.bytes == 0 && server.server.requestsInProgress == 0)
    }

    @Test func messagesHaveALimit() async throws {
      var configuration = ModelServer.Configuration()
      configuration.largestBody = 10_000
      let server = try await RunningServer([("tiny", weights)], configuration, grpc: 0)
      let x = x
      for algorithm in [CompressionAlgorithm.none, .gzip] {
        try await GRPCCaller.with(server.grpcPort, compression: algorithm) { caller async throws in
          let error = await failure {
            try await caller.call("ModelInfer", bytes: .init(repeating: 0, count: 1_000_000))
          }
          // What is packed is only found to be too large by the library, which resets the call.
          if algorithm == .none {
            #expect(error?.code == .resourceExhausted && error?.message.contains("10000") == true, "\(error as Any)")
          } else {
            #expect(error != nil)
          }
          #expect(try await caller.infer(.init(x, raw: true)).floats.count == 3)
        }
      }
      try await server.end()
      #expect(server.server.bodies.bytes == 0)
    }

    @Test func aTokenIsAskedFor() async throws {
      var configuration = ModelServer.Configuration()
      configuration.token = Array("correct horse battery".utf8)
      let server = try await RunningServer([("tiny", weights)], configuration, grpc: 0)
      let x = x
      try await GRPCCaller.with(server.grpcPort) { caller in
        var caller = caller
        for wrong in [nil, "Bearer ", "Bearer correct horse batterz", "Bearer correct", "Basic correct horse battery"] {
          caller.metadata = wrong.map { ["authorization": .string($0)] } ?? [:]
          let own = caller
          #expect(await failure { try await own.infer(.init(x, raw: true)) }?.code == .unauthenticated)
          let streamed = await failure {
            try await own.stream(
              "ModelStreamInfer", [Inference_ModelInferRequest(x, raw: true)],
              of: Inference_ModelStreamInferResponse.self
            ) { messages in for try await _ in messages {} }
          }
          #expect(streamed?.code == .unauthenticated)
          #expect(try await own.health() == .serving)
          let ready: Inference_ServerReadyResponse = try await own.call("ServerReady", Inference_ServerReadyRequest())
          #expect(ready.ready)
        }
        caller.metadata = ["authorization": "Bearer correct horse battery"]
        #expect(try await caller.infer(.init(x, raw: true)).floats.count == 3)
      }
      try await server.end()
    }

    @Test func connectionsHaveALimit() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0) { $0.largestConnectionCount = 20 }
      let (port, x) = (server.grpcPort, x)
      let idle = try await offPool { Unsafe(try (0..<100).map { _ in try Client(port: port) }) }
      #expect(try await GRPCCaller.with(port) { try await $0.infer(.init(x, raw: true)).floats.count } == 3)
      #expect(try await offPool { idle.value[0].isClosed() })
      try await server.end()
    }

    @Test func slowSendersAndIdlersGo() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0) { options in
        (options.times.transfer, options.times.idle) = (.milliseconds(500), .milliseconds(700))
        options.times.linger = .milliseconds(100)
      }
      let port = server.grpcPort
      // Neither a word of HTTP/2, nor an answer to a ping.
      let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
      for begin in [[], preface] {
        let seconds = try await offPool {
          let client = try Client(port: port)
          let start = Date()
          if !begin.isEmpty { try client.send(begin) }
          return client.isClosed() ? Date().timeIntervalSince(start) : 100
        }
        #expect(seconds < 5)
      }
      // A call whose message does not come.
      let error = try await GRPCCaller.with(port) { caller in
        await failure {
          try await caller.client.clientStreaming(
            request: StreamingClientRequest { _ in try await Task.sleep(for: .seconds(3)) },
            descriptor: MethodDescriptor(fullyQualifiedService: GRPCCaller.inference, method: "ModelInfer"),
            serializer: ProtobufSerializer<Inference_ModelInferRequest>(),
            deserializer: ProtobufDeserializer<Inference_ModelInferResponse>(), options: .defaults
          ) { try $0.message }
        }
      }
      #expect(error?.code == .deadlineExceeded && error?.message.contains("too long") == true, "\(error as Any)")
      try await server.end()
    }
  }
#endif
