#if Serve
  import DenseNetIO
  import DenseNetTasks
  import DenseNets
  import Foundation
  import GRPCCore
  import SwiftProtobuf
  import Testing

  @testable import DenseNetServer

  /// Answers over gRPC are those over HTTP and of `densenet predict`.
  @Suite struct InferenceOverGRPC {
    let scratch: Scratch
    let weights: String
    let reference: Reference
    let x = Tensor.randn([3, 3, 8, 8], seed: 5)

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
      reference = try Reference(weights)
    }

    @Test(arguments: [false, true]) func tensors(raw: Bool) async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      var request = Inference_ModelInferRequest(x, raw: raw)
      (request.id, request.modelVersion) = ("a\"b", "1")
      let response = try await GRPCCaller.with(server.grpcPort) { [request] in try await $0.infer(request) }
      #expect(response.id == "a\"b" && response.modelName == "tiny" && response.modelVersion == "1")
      #expect(response.outputs.count == 1 && response.outputs[0].name == "logits")
      #expect(response.outputs[0].datatype == "FP32" && response.outputs[0].shape == [3, 3])
      #expect(response.floats == (try reference.logits(x)))
      try await server.end()
    }

    @Test(arguments: [CompressionAlgorithm.gzip, .deflate]) func packed(_ algorithm: CompressionAlgorithm) async throws
    {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let response = try await GRPCCaller.with(server.grpcPort, compression: algorithm) {
        try await $0.infer(.init(x, raw: true))
      }
      #expect(response.floats == (try reference.logits(x)))
      try await server.end()
    }

    @Test(arguments: [false, true]) func pictures(raw: Bool) async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let names = ["jpeg/baseline_444.jpg", "png/sequential/rgb.png", "webp/lossless.webp", "jpeg/grey.jpg"]
      let request = Inference_ModelInferRequest(try names.map { try Pictures.bytes($0) }, raw: raw)
      let response = try await GRPCCaller.with(server.grpcPort) { try await $0.infer(request) }
      #expect(isClose(response.floats, try names.flatMap { try reference.logits(ofPicture: $0) }))
      try await server.end()
    }

    @Test func classificationRanksLogits() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      var request = Inference_ModelInferRequest(x, raw: true)
      request.outputs = [
        .with {
          $0.name = "logits"
          $0.parameters["classification"] = .with { $0.int64Param = 2 }
        }
      ]
      let response = try await GRPCCaller.with(server.grpcPort) { [request] in try await $0.infer(request) }
      let (logits, names) = (try reference.logits(x), try reference.network.classNames())
      let expected = (0..<3).flatMap { row -> [String] in
        let own = Array(logits[3 * row..<3 * row + 3])
        return own.indices.sorted { own[$0] > own[$1] }.prefix(2).map { "\(own[$0]):\($0):\(names[$0])" }
      }
      #expect(response.texts == expected)
      #expect(response.outputs[0].datatype == "BYTES" && response.outputs[0].shape == [3, 2])
      try await server.end()
    }

    /// An error is an answer in a stream, and the next request is answered.
    @Test func streams() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let requests = (0..<20).map { number -> Inference_ModelInferRequest in
        var request = Inference_ModelInferRequest(x, raw: number % 2 == 0, model: number == 3 ? "none" : "tiny")
        request.id = "\(number)"
        return request
      }
      let answers = try await GRPCCaller.with(server.grpcPort) { caller in
        try await caller.stream("ModelStreamInfer", requests, of: Inference_ModelStreamInferResponse.self) { messages in
          try await messages.reduce(into: []) { $0.append($1) }
        }
      }
      let logits = try reference.logits(x)
      try #require(answers.count == 20)
      for (number, answer) in answers.enumerated() {
        #expect(answer.inferResponse.id == "\(number)")
        if number == 3 {
          #expect(answer.errorMessage.contains("none"))
        } else {
          #expect(answer.errorMessage.isEmpty && answer.inferResponse.floats == logits)
        }
      }
      #expect(server.server.requestsInProgress == 0)
      try await server.end()
      #expect(server.server.bodies.bytes == 0)
    }

    @Test func descriptions() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let x = x
      try await GRPCCaller.with(server.grpcPort) { caller in
        let live: Inference_ServerLiveResponse = try await caller.call("ServerLive", Inference_ServerLiveRequest())
        let ready: Inference_ServerReadyResponse = try await caller.call("ServerReady", Inference_ServerReadyRequest())
        #expect(live.live && ready.ready)
        let own: Inference_ServerMetadataResponse = try await caller.call(
          "ServerMetadata", Inference_ServerMetadataRequest())
        #expect(own.name == "densenet" && own.extensions.contains("statistics") && !own.version.isEmpty)
        let metadata: Inference_ModelMetadataResponse = try await caller.call(
          "ModelMetadata", Inference_ModelMetadataRequest.with { $0.name = "tiny" })
        #expect(metadata.name == "tiny" && metadata.versions == ["1"] && metadata.platform == "densenet")
        #expect(metadata.inputs.map(\.name) == ["input"] && metadata.inputs[0].shape == [-1, 3, 8, 8])
        #expect(metadata.outputs.map(\.name) == ["logits"] && metadata.outputs[0].shape == [-1, 3])
        #expect(metadata.inputs[0].datatype == "FP32")
        let answer: Inference_ModelConfigResponse = try await caller.call(
          "ModelConfig", Inference_ModelConfigRequest.with { $0.name = "tiny" })
        let config = answer.config
        #expect(config.maxBatchSize == 256 && config.input[0].dims == [3, 8, 8] && config.output[0].dims == [3])
        #expect(config.input[0].dataType == .typeFp32 && config.backend == "densenet")
        #expect(config.instanceGroup.map(\.kind) == [.cpu] && config.versionPolicy.policyChoice == .all(.init()))
        for _ in 0..<2 { _ = try await caller.infer(.init(x, raw: true)) }
        let statistics: Inference_ModelStatisticsResponse = try await caller.call(
          "ModelStatistics", Inference_ModelStatisticsRequest())
        let stats = try #require(statistics.modelStats.first)
        #expect(stats.name == "tiny" && stats.version == "1" && stats.inferenceCount == 6)
        #expect(stats.inferenceStats.success.count == 2 && stats.inferenceStats.computeInfer.ns > 0)
        #expect(stats.lastInference > 1_700_000_000_000 && !stats.batchStats.isEmpty)
      }
      let metrics = String(decoding: try await server.send("GET", "/metrics").body, as: UTF8.self)
      let line = #"densenet_grpc_requests_total{method="inference.GRPCInferenceService/ModelInfer",code="0"} 2"#
      #expect(metrics.contains(line))
      try await server.end()
    }

    @Test func theRepository() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let x = x
      try await GRPCCaller.with(server.grpcPort) { caller in
        func states() async throws -> [String: String] {
          let index: Inference_RepositoryIndexResponse = try await caller.call(
            "RepositoryIndex", Inference_RepositoryIndexRequest())
          return index.models.reduce(into: [:]) { $0["\($1.name) \($1.version)"] = $1.state }
        }
        func isReady() async throws -> Bool {
          let ready: Inference_ModelReadyResponse = try await caller.call(
            "ModelReady", Inference_ModelReadyRequest.with { $0.name = "tiny" })
          return ready.ready
        }
        #expect(try await states() == ["tiny 1": "READY"])
        let unloaded: Inference_RepositoryModelUnloadResponse = try await caller.call(
          "RepositoryModelUnload", Inference_RepositoryModelUnloadRequest.with { $0.modelName = "tiny" })
        #expect(unloaded.isUnloaded && unloaded.modelName == "tiny")
        #expect(try await states() == ["tiny 1": "UNAVAILABLE"])
        #expect(try await isReady() == false)
        #expect(await failure { try await caller.infer(.init(x, raw: true)) }?.code == .notFound)
        #expect(try await caller.health("tiny") == .notServing)
        let ready: Inference_RepositoryIndexResponse = try await caller.call(
          "RepositoryIndex", Inference_RepositoryIndexRequest.with { $0.ready = true })
        #expect(ready.models.isEmpty)
        // As KServe's clients name the model.
        let loaded: Inference_RepositoryModelLoadResponse = try await caller.call(
          "RepositoryModelLoad", Inference_RepositoryModelLoadRequest.with { $0.repositoryName = "tiny" })
        #expect(loaded.isLoaded && loaded.modelName == "tiny")
        #expect(try await isReady())
        let refused = await failure {
          try await caller.call(
            "RepositoryModelLoad",
            Inference_RepositoryModelLoadRequest.with {
              $0.modelName = "tiny"
              $0.parameters["file:1/x"] = .init()
            }, as: Inference_RepositoryModelLoadResponse.self)
        }
        #expect(refused?.code == .invalidArgument && refused?.message.contains("file:1/x") == true)
      }
      try await server.end()
    }
  }
#endif
