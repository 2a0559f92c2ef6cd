#if Serve
  import DenseNets
  import Foundation
  import Synchronization
  import Testing

  @testable import DenseNetServer

  @Suite struct Scheduling {
    let scratch: Scratch
    let repository: ModelRepository
    let scheduler: Scheduler

    init() throws {
      scratch = try Scratch()
      repository = ModelRepository(device: try .cpu(threads: 1))
      try repository.add("a", path: try scratch.addWeights("a.safetensors", seed: 1))
      try repository.add("b", path: try scratch.addWeights("b.safetensors", seed: 2))
      scheduler = try Scheduler(capacity: 8, metrics: ServerMetrics())
    }

    @Test func theQueueCountsImages() throws {
      try scheduler.enter(5)
      let error = #expect(throws: ServiceError.self) { try scheduler.enter(4) }
      #expect(error?.code == .unavailable && (error?.retryAfter ?? 0) >= 1)
      try scheduler.enter(3)
      scheduler.leave(8)
      try scheduler.enter(8)
      scheduler.leave(8)
      // What never fits is no matter of time.
      #expect(#expect(throws: ServiceError.self) { try scheduler.enter(9) }?.code == .invalidArgument)
      scheduler.stop()
    }

    @Test func manyImagesOfManyRequests() async throws {
      let model = try repository.model("a")
      let tensors = (0..<12).map { Tensor.randn([1 + $0 % 5, 3, 8, 8], seed: UInt64($0)) }
      let expected = try tensors.map { try model.predictor.logits($0).values }
      let results = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
        for (index, tensor) in tensors.enumerated() {
          group.addTask {
            (index, try await scheduler.compute(tensor, with: model, outputs: .logits, deadline: nil).logits)
          }
        }
        return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
      }
      for index in tensors.indices { #expect(isClose(results[index] ?? [], expected[index])) }
      scheduler.stop()
    }

    @Test func activationsOfOneRequestAmongOthers() async throws {
      let model = try repository.model("a")
      let tensor = Tensor.randn([2, 3, 8, 8], seed: 1)
      async let other = scheduler.compute(tensor, with: model, outputs: .logits, deadline: nil)
      let result = try await scheduler.compute(tensor, with: model, outputs: [.logits, .activations], deadline: nil)
      let expected = try model.predictor.activations(tensor)
      // The other's images may share its pass, and sums are made in an order that depends on a pass's images.
      #expect(isClose(result.activations.flatMap(\.values), expected.values))
      #expect(try await other.activations.isEmpty)
      scheduler.stop()
    }

    @Test func theTimedOutAndTheCancelledLeave() async throws {
      let model = try repository.model("a")
      let tensor = Tensor.randn([1, 3, 8, 8], seed: 1)
      // A long request holds the network.
      let many = Tensor(shape: [20_000, 3, 8, 8], values: .init(repeating: 0.5, count: 20_000 * 192))
      let long = Task { try await scheduler.compute(many, with: model, outputs: .logits, deadline: nil) }
      try await Task.sleep(for: .milliseconds(50))
      let error = await #expect(throws: ServiceError.self) {
        try await scheduler.compute(tensor, with: model, outputs: .logits, deadline: .now + .milliseconds(20))
      }
      #expect(error?.code == .timedOut)
      let cancelled = Task { try await scheduler.compute(tensor, with: model, outputs: .logits, deadline: nil) }
      cancelled.cancel()
      await #expect(throws: CancellationError.self) { try await cancelled.value }
      // The long one itself, midway.
      long.cancel()
      await #expect(throws: CancellationError.self) { try await long.value }
      _ = try await scheduler.compute(tensor, with: model, outputs: .logits, deadline: nil)
      scheduler.stop()
    }

    /// A model with much to do does not hold up another.
    @Test func modelsShareTheNetworkFairly() async throws {
      let (a, b) = (try repository.model("a"), try repository.model("b"))
      let (order, scheduler) = (Order(), scheduler)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<30 {
          group.addTask {
            _ = try await scheduler.compute(.randn([64, 3, 8, 8], seed: 1), with: a, outputs: .logits, deadline: nil)
            order.add("a")
          }
        }
        try await Task.sleep(for: .milliseconds(20))
        group.addTask {
          _ = try await scheduler.compute(.randn([1, 3, 8, 8], seed: 1), with: b, outputs: .logits, deadline: nil)
          order.add("b")
        }
        try await group.waitForAll()
      }
      let place = try #require(order.all.firstIndex(of: "b"))
      #expect(place < 25, "the other model waited for \(place) of 30 requests")
      scheduler.stop()
    }
  }

  /// What ended, in its order.
  private final class Order: Sendable {
    private let names = Mutex<[String]>([])

    func add(_ name: String) { names.withLock { $0.append(name) } }
    var all: [String] { names.withLock { $0 } }
  }
#endif
