#if Serve
  import GRPCCore
  import SwiftProtobuf

  extension ModelServer {
    /// Adds everything that the server answers over gRPC: `inference.GRPCInferenceService` and `grpc.health.v1.Health`.
    func addMethods(to table: inout MethodTable<some ServerTransport>) {
      table.service = "inference.GRPCInferenceService"
      addDescriptions(&table)
      addInference(&table)
      addRepository(&table)
      table.service = "grpc.health.v1.Health"
      addHealth(&table)
    }

    private func addDescriptions(_ table: inout MethodTable<some ServerTransport>) {
      table.add("ServerLive", .open) { (_: Inference_ServerLiveRequest) in
        Inference_ServerLiveResponse.with { $0.live = true }
      }
      table.add("ServerReady", .open) { [self] (_: Inference_ServerReadyRequest) in
        Inference_ServerReadyResponse.with { $0.ready = isReady }
      }
      table.add("ServerMetadata", .working) { [self] (_: Inference_ServerMetadataRequest) in
        try Inference_ServerMetadataResponse(serverMetadata)
      }
      table.add("ModelReady", .reporting) { [self] (request: Inference_ModelReadyRequest) in
        let isReady = try isReady(request.name, version: request.version)
        return Inference_ModelReadyResponse.with { $0.ready = isReady }
      }
      table.add("ModelMetadata", .working) { [self] (request: Inference_ModelMetadataRequest) in
        try Inference_ModelMetadataResponse(metadata(request.name, version: request.version))
      }
      table.add("ModelConfig", .working) { [self] (request: Inference_ModelConfigRequest) in
        let json = try modelConfiguration(request.name, version: request.version)
        return try Inference_ModelConfigResponse(.object([("config", json)]))
      }
      table.add("ModelStatistics", .working) { [self] (request: Inference_ModelStatisticsRequest) in
        let name = request.name.isEmpty ? nil : request.name
        return try Inference_ModelStatisticsResponse(statistics(name, version: request.version))
      }
    }

    private func addInference(_ table: inout MethodTable<some ServerTransport>) {
      table.add("ModelInfer", .working) { [self] (request: Inference_ModelInferRequest) in
        try await answer(request)
      }
      table.addStream("ModelStreamInfer", .bidirectionalStreaming, .working) {
        [self] (requests: StreamingServerRequest<Inference_ModelInferRequest>, writer, guarding) in
        for try await request in requests.messages {
          let call = try guarding.begin(.working, requests.metadata)
          try await writer.write(try await streamed(request))
          withExtendedLifetime(call) {}
        }
      }
    }

    private func answer(_ request: Inference_ModelInferRequest) async throws -> Inference_ModelInferResponse {
      // What the message holds, beside its bytes as they came, which may be packed.
      let size = request.contentSize
      guard bodies.take(size) else { throw ServiceError.tooManyBodies }
      defer { bodies.giveBack(size) }
      return Inference_ModelInferResponse(try await infer(try InferRequest(request)))
    }

    /// An error is an answer in a stream, which goes on after it.
    private func streamed(_ request: Inference_ModelInferRequest) async throws -> Inference_ModelStreamInferResponse {
      var response = Inference_ModelStreamInferResponse()
      do {
        response.inferResponse = try await answer(request)
      } catch {
        try Task.checkCancellation()
        response.errorMessage = RPCError(any: error).message
        response.inferResponse.id = request.id
        response.inferResponse.modelName = request.modelName
      }
      return response
    }

    private func addRepository(_ table: inout MethodTable<some ServerTransport>) {
      table.add("RepositoryIndex", .working) { [self] (request: Inference_RepositoryIndexRequest) in
        try Inference_RepositoryIndexResponse(.object([("models", repositoryIndex(readyOnly: request.ready))]))
      }
      table.add("RepositoryModelLoad", .working) { [self] (request: Inference_RepositoryModelLoadRequest) in
        let name = request.modelName.isEmpty ? request.repositoryName : request.modelName
        for key in request.parameters.keys { try Self.requireNoFile(key) }
        try await loader.run { [self] in try models.load(name) }
        return Inference_RepositoryModelLoadResponse.with { ($0.modelName, $0.isLoaded) = (name, true) }
      }
      table.add("RepositoryModelUnload", .working) { [self] (request: Inference_RepositoryModelUnloadRequest) in
        let name = request.modelName.isEmpty ? request.repositoryName : request.modelName
        for key in request.parameters.keys { try Self.requireNoFile(key) }
        try models.unload(name)
        return Inference_RepositoryModelUnloadResponse.with { ($0.modelName, $0.isUnloaded) = (name, true) }
      }
    }
  }
#endif
