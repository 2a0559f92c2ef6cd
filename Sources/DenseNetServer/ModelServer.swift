#if Serve
  import DenseNetTasks
  import DenseNets
  import Foundation

  /// Answers requests for inference with the models of a repository, whatever protocol they come by.
  ///
  /// ```swift
  /// let models = ModelRepository(device: try .cpu())
  /// try models.add("flowers", path: "flowers.safetensors")
  /// let server = try ModelServer(models)
  /// server.addRoutes(to: router)
  /// ```
  public final class ModelServer: Sendable {
    public let models: ModelRepository
    public let configuration: Configuration
    let metrics = ServerMetrics()
    let scheduler: Scheduler
    /// Decodes and prepares, one request per thread.
    let workers: WorkerPool
    /// Reads models, so that no request waits for that.
    let loader: WorkerPool
    let lifecycle = Lifecycle()
    let bodies: BodyBudget
    /// Calls that watch the server's health.
    let watchers = Counter()

    public struct Configuration: Sendable {
      /// Images of requests that are accepted and not answered yet, at most.
      public var queueCapacity = 256
      /// Bytes of a request's body, at most, packed or unpacked.
      public var largestBody = 64 << 20
      /// Pixels of a picture as it is sent, at most.
      public var largestPicture = 50_000_000
      /// A bearer token that all requests but those for health and the page must carry; nil: none.
      public var token: [UInt8]?
      /// What the server says of itself.
      public var version = PackageVersion.current

      public init() {}
    }

    /// - Throws: `Failure` where the system starts no threads.
    public init(_ models: ModelRepository, configuration: Configuration = Configuration()) throws {
      (self.models, self.configuration) = (models, configuration)
      scheduler = try Scheduler(capacity: configuration.queueCapacity, metrics: metrics)
      workers = try WorkerPool(threads: models.device.threads)
      loader = try WorkerPool(threads: 1)
      bodies = BodyBudget(limit: max(2 * configuration.largestBody, 512 << 20))
    }

    deinit {
      scheduler.stop()
      workers.stop()
      loader.stop()
    }

    /// Whether the server takes requests and all its models are there.
    public var isReady: Bool { !lifecycle.isEnding && models.isReady }

    /// Whether the server takes requests and a model is there.
    /// - Throws: `ServiceError(.notFound)` where there is no model of that name.
    func isReady(_ model: String, version: String?) throws(ServiceError) -> Bool {
      _ = try models.versions(of: model)
      return !lifecycle.isEnding && (try? models.model(model, version: version)) != nil
    }

    /// From now on the server is not ready, and its answers ask clients to close their connections.
    public func beginEnding() { lifecycle.begin() }

    /// Requests that have arrived and are not answered yet.
    public var requestsInProgress: Int { lifecycle.requests }
  }

  // MARK: - Inference

  extension ModelServer {
    /// Answers a request of the Open Inference Protocol.
    /// - Throws: ``ServiceError``.
    public func infer(_ request: InferRequest) async throws -> InferResponse {
      let arrival = ContinuousClock.now
      let model = try models.model(request.modelName, version: request.modelVersion)
      do {
        let deadline = request.timeout.map { arrival + $0 }
        let content = try inputContent(of: request, model)
        try Self.requireOutputs(request)
        let images = content.count
        try scheduler.enter(images)
        defer { scheduler.leave(images) }
        let prepared = try await prepare(content, model)
        let input = ContinuousClock.now - arrival
        let results = try await compute(prepared.map(\.tensor), model, outputs: .logits, deadline: deadline)
        let start = ContinuousClock.now
        let logits = results.flatMap(\.logits)
        let response = InferResponse(
          modelName: request.modelName, modelVersion: model.version, id: request.id,
          outputs: outputs(of: logits, images: images, request, model))
        let now = ContinuousClock.now
        let waiting = results.map(\.waiting).max() ?? .zero
        metrics.waiting.record(waiting.inSeconds)
        model.statistics.succeeded(
          images: images, total: now - arrival, input: input, waiting: waiting,
          computing: results.map(\.computing).max() ?? .zero, output: now - start)
        return response
      } catch {
        model.statistics.failed(total: ContinuousClock.now - arrival)
        throw ServiceError(any: error)
      }
    }

    private func inputContent(of request: InferRequest, _ model: ServedModel) throws -> InputContent {
      guard request.inputs.count == 1, let input = request.inputs.first, input.name == "input" else {
        let names = request.inputs.map { "\"\(shown($0.name))\"" }.prefix(4).joined(separator: ", ")
        throw ServiceError(
          .invalidArgument, "inputs: expected one by the name \"input\", found \(names.isEmpty ? "none" : names)")
      }
      return try InputContent(
        input, channels: model.inputChannels, size: model.inputSize, minimumSide: model.minimumSide,
        largestBatch: scheduler.capacity)
    }

    private static func requireOutputs(_ request: InferRequest) throws(ServiceError) {
      for output in request.outputs where output.name != "logits" {
        throw ServiceError(
          .invalidArgument, "outputs: expected the name \"logits\", found \"\(shown(output.name))\"")
      }
      guard request.outputs.count <= 1 else {
        throw ServiceError(
          .invalidArgument, "outputs: expected \"logits\" once, found it \(request.outputs.count) times")
      }
    }

    private func outputs(
      of logits: [Float], images: Int, _ request: InferRequest, _ model: ServedModel
    ) -> [InferOutput] {
      let wanted = request.outputs.first ?? RequestedOutput(name: "logits")
      let binary = wanted.binary ?? request.binaryOutputs
      let classes = model.classNames.count
      guard let count = wanted.classification, count > 0 else {
        return [InferOutput(name: "logits", shape: [images, classes], contents: .numbers(logits), binary: binary)]
      }
      let kept = min(count, classes)
      let texts = (0..<images).flatMap { image -> [String] in
        let row = logits[image * classes..<(image + 1) * classes].map { $0 }
        let order = row.indices.sorted { row[$0] == row[$1] ? $0 < $1 : row[$0] > row[$1] }
        return order.prefix(kept).map { "\(row[$0]):\($0):\(model.classNames[$0])" }
      }
      return [InferOutput(name: "logits", shape: [images, kept], contents: .texts(texts), binary: binary)]
    }

    /// Lets tensors through the network, which are several only where pictures are of several sizes.
    func compute(
      _ tensors: [Tensor], _ model: ServedModel, outputs: Predictor.Outputs, deadline: ContinuousClock.Instant?
    ) async throws -> [ComputeResult] {
      if tensors.count == 1 {
        return [try await scheduler.compute(tensors[0], with: model, outputs: outputs, deadline: deadline)]
      }
      return try await withThrowingTaskGroup(of: (Int, ComputeResult).self) { group in
        for (index, tensor) in tensors.enumerated() {
          group.addTask { [scheduler] in
            (index, try await scheduler.compute(tensor, with: model, outputs: outputs, deadline: deadline))
          }
        }
        var results = [ComputeResult?](repeating: nil, count: tensors.count)
        for try await (index, result) in group { results[index] = result }
        return results.map { $0! }
      }
    }
  }
#endif
