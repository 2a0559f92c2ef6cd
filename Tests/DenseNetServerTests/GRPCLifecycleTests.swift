#if Serve
  import DenseNets
  import Foundation
  import GRPCCore
  import NIOCore
  import SwiftProtobuf
  import Testing

  @testable import DenseNetServer

  /// What is accepted is answered, and what nobody waits for leaves the queue.
  @Suite struct LifecycleOverGRPC {
    let scratch: Scratch
    let weights: String
    let x = Tensor.randn([1, 3, 8, 8], seed: 5)

    init() throws {
      scratch = try Scratch()
      weights = try scratch.addWeights()
    }

    /// A server whose network is busy for a second or more.
    private func busy(
      _ configuration: ModelServer.Configuration = .init(), _ change: (inout HTTPService.Options) -> Void = { _ in }
    ) async throws -> (RunningServer, Task<ComputeResult, any Error>) {
      let server = try await RunningServer([("tiny", weights)], configuration, grpc: 0, change)
      let many = Tensor(shape: [20_000, 3, 8, 8], values: .init(repeating: 0.5, count: 20_000 * 192))
      let model = try server.server.models.model("tiny")
      let scheduler = server.server.scheduler
      let work = Task { try await scheduler.compute(many, with: model, outputs: .logits, deadline: nil) }
      try await Task.sleep(for: .milliseconds(50))
      return (server, work)
    }

    @Test func whatNobodyWaitsForLeavesTheQueue() async throws {
      let (server, work) = try await busy()
      let x = x
      try await GRPCCaller.with(server.grpcPort) { caller async throws in
        // The request's own timeout,
        var request = Inference_ModelInferRequest(x, raw: true)
        request.parameters["timeout"] = .with { $0.int64Param = 20_000 }
        let own = request
        #expect(await failure { try await caller.infer(own) }?.code == .deadlineExceeded)
        #expect(server.server.scheduler.accepted == 0)
        // the call's deadline,
        var hurried = caller
        hurried.options.timeout = .milliseconds(20)
        let late = hurried
        let error = await failure { try await late.infer(.init(x, raw: true)) }
        #expect(error?.code == .deadlineExceeded || error?.code == .cancelled)
        #expect(try await waits { server.server.scheduler.accepted == 0 })
        // and a client that changes its mind.
        let call = Task { try await caller.infer(.init(x, raw: true)) }
        #expect(try await waits { server.server.scheduler.accepted == 1 })
        call.cancel()
        _ = await call.result
        #expect(try await waits { server.server.scheduler.accepted == 0 })
        // It may do so at any time, even before the server knows of the call.
        try await cancelMany(caller)
        #expect(try await waits { server.server.scheduler.accepted == 0 && server.server.requestsInProgress == 0 })
      }
      work.cancel()
      _ = await work.result
      try await server.end()
    }

    private func cancelMany(_ caller: GRPCCaller) async throws {
      for number in 0..<40 {
        let request = Inference_ModelInferRequest(x, raw: true)
        let call = Task { try await caller.infer(request) }
        try await Task.sleep(for: .microseconds(100 * number))
        call.cancel()
        _ = await call.result
      }
    }

    @Test func aFullQueueIsUnavailable() async throws {
      var configuration = ModelServer.Configuration()
      configuration.queueCapacity = 4
      let (server, work) = try await busy(configuration)
      let x = x
      try await GRPCCaller.with(server.grpcPort) { caller async throws in
        let waiting = (0..<4).map { _ in Task { try await caller.infer(.init(x, raw: true)) } }
        #expect(try await waits { server.server.scheduler.accepted == 4 })
        let error = await failure { try await caller.infer(.init(x, raw: true)) }
        #expect(error?.code == .unavailable && error?.message.contains("queue is full") == true)
        #expect(error?.metadata[stringValues: "grpc-retry-pushback-ms"].first { _ in true } != nil)
        work.cancel()
        for task in waiting { #expect(try await task.value.floats.count == 3) }
      }
      try await server.end()
    }

    @Test func theEndAnswersWhatIsUnderWay() async throws {
      let (server, work) = try await busy { $0.drain = .milliseconds(600) }
      let x = x
      let expected = try Reference(weights).logits(x)
      let result = try await GRPCCaller.with(server.grpcPort) { caller in
        let accepted = Task { try await caller.infer(.init(x, raw: true)) }
        #expect(try await waits { server.server.scheduler.accepted == 1 })
        await server.beginEnd()
        #expect(try await waits { server.server.lifecycle.isEnding })
        let ready: Inference_ServerReadyResponse = try await caller.call("ServerReady", Inference_ServerReadyRequest())
        #expect(!ready.ready)
        #expect(try await caller.health() == .notServing)
        #expect(try await caller.health("tiny") == .notServing)
        let refused = await failure { try await caller.infer(.init(x, raw: true)) }
        #expect(refused?.code == .unavailable && refused?.message.contains("about to end") == true)
        try await Task.sleep(for: .milliseconds(700))
        work.cancel()
        return try await accepted.value
      }
      #expect(result.floats == expected)
      try await server.end()
    }

    /// Neither calls that last for long nor clients that say nothing hold up the end.
    @Test func theEndWaitsForNobodyIdle() async throws {
      let server = try await RunningServer([("tiny", weights)], .init(), grpc: 0) {
        $0.times.linger = .milliseconds(300)
      }
      let port = server.grpcPort
      let silent = try await offPool {
        let client = try Client(port: port)
        try client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
        return Unsafe(client)
      }
      let statuses = Statuses()
      let seconds = try await GRPCCaller.with(port) { caller in
        let watching = Task {
          _ = await failure {
            try await caller.stream(
              "Watch", [Grpc_Health_V1_HealthCheckRequest.with { $0.service = "tiny" }], service: GRPCCaller.health,
              of: Grpc_Health_V1_HealthCheckResponse.self
            ) { messages in for try await message in messages { await statuses.add(message.status) } }
          }
        }
        #expect(try await waits { await statuses.all == [.serving] })
        try server.server.models.unload("tiny")
        #expect(try await waits { await statuses.all.count == 2 })
        let start = ContinuousClock.now
        try await server.end()
        await watching.value
        return (ContinuousClock.now - start).inSeconds
      }
      #expect(await statuses.all == [.serving, .notServing])
      #expect(seconds < 5)
      withExtendedLifetime(silent) {}
    }

    private actor Statuses {
      var all: [Grpc_Health_V1_HealthCheckResponse.ServingStatus] = []
      func add(_ status: Grpc_Health_V1_HealthCheckResponse.ServingStatus) { all.append(status) }
    }

    @Test func aPortThatIsTaken() async throws {
      let first = try await RunningServer([("tiny", weights)], .init(), grpc: 0)
      let error = await #expect(throws: Failure.self) {
        _ = try await RunningServer([("tiny", weights)], .init(), grpc: first.grpcPort)
      }
      #expect(error?.description.contains("port \(first.grpcPort): cannot listen there") == true)
      try await first.end()
    }
  }

  /// Whether a condition comes true within some seconds.
  func waits(for condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<200 {
      if try await condition() { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
#endif
