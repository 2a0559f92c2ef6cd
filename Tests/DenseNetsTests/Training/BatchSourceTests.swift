import Testing

@testable import DenseNets

/// Gives some batches, and then says why there are no more.
private struct EndsEarly: BatchSource, BatchIterator {
  var batches: [LabeledBatch]
  static let failure = Failure(.invalidData, "cat.jpg: is damaged")

  mutating func next() throws -> LabeledBatch? {
    if batches.isEmpty { throw Self.failure }
    return batches.removeFirst()
  }
}

@Suite struct TrainingBatchSourceTests {
  private let batch = LabeledBatch(images: .randn([2, 1, 2, 2], seed: 1), labels: [0, 1])

  private func trainer() -> Trainer {
    let model = Sequential(Flatten(), Linear(4, 2))
    return Trainer(model: model, optimizer: SGD(model, learningRate: 0.01))
  }

  @Test func whyBatchesEndEarlyIsThrown() throws {
    let early = EndsEarly(batches: [batch, batch])
    let plan = TrainingPlan(epochs: 1, batchesPerEpoch: 3)
    var steps = 0
    var callbacks = Trainer.Callbacks()
    callbacks.onStep = { _ in steps += 1 }
    #expect(throws: EndsEarly.failure) {
      try trainer().fit(plan, batches: { _, _ in early }, test: { [batch] }, callbacks: callbacks)
    }
    #expect(steps == 2)
    #expect(throws: EndsEarly.failure) { try trainer().evaluate(early) }
    #expect(throws: EndsEarly.failure) { try LearningRateFinder(steps: 10).run(trainer(), batches: early) }
    // A plan that needs no more does not hear of it.
    _ = try trainer().fit(
      TrainingPlan(epochs: 1, batchesPerEpoch: 2), batches: { _, _ in early }, test: { [batch] })
  }

  @Test func arraysAndTheirSlicesAreSources() throws {
    let batches = [batch, batch, batch]
    #expect(try trainer().evaluate(batches).examples == 6)
    #expect(try trainer().evaluate(batches[1...]).examples == 4)
  }
}
