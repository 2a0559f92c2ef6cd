import Testing

@testable import DenseNets

@Suite struct TrainingTests {
  static let small = DenseNet.Configuration(numClasses: 3, initialFeatures: 8, growthRate: 4, blockLayers: [1, 1])

  /// Images whose brightness tells their class.
  func batches(_ count: Int, of size: Int, seed: UInt64) -> [LabeledBatch] {
    var generator = RandomSource(seed: seed)
    return (0..<count).map { _ in
      let labels = (0..<size).map { _ in Int32.random(in: 0..<3, using: &generator) }
      let images = labels.map { Tensor.uniform([1, 1, 24, 24], using: &generator) + Float($0) }
      return LabeledBatch(images: Tensor.concatenated(images, axis: 0), labels: labels)
    }
  }

  @Test func learns() throws {
    let net = DenseNet(Self.small)
    net.initialize(.xavierUniform, seed: 1)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1))
    let result = try trainer.fit(
      TrainingPlan(epochs: 4, batchesPerEpoch: 8), batches: { epoch, _ in batches(8, of: 16, seed: UInt64(epoch)) },
      test: { batches(4, of: 16, seed: 99) })
    #expect(result.last.train.accuracy > 0.9)
    #expect(result.last.test.accuracy > 0.9)
    #expect(result.last.step == 32)
    #expect(!result.wasInterrupted)
    #expect(result.last.examplesPerSecond > 0)
  }

  /// As the chapter's `train_ch6` plots: whenever a fifth of the batches is done, and at an epoch's end.
  @Test(arguments: [(1, [1]), (4, [1, 2, 3, 4]), (10, [2, 4, 6, 8, 10]), (12, [2, 4, 6, 8, 10, 12])])
  func pointsOfAnEpoch(_ batchCount: Int, _ expected: [Int]) throws {
    let net = DenseNet(Self.small)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.01))
    var points: [Int] = []
    var fractions: [Double] = []
    var callbacks = Trainer.Callbacks()
    callbacks.onStep = {
      guard $0.isPoint else { return }
      points.append($0.batch)
      fractions.append($0.epochsDone)
    }
    _ = try trainer.fit(
      TrainingPlan(epochs: 1, batchesPerEpoch: batchCount), batches: { _, _ in batches(batchCount, of: 2, seed: 1) },
      test: { batches(1, of: 2, seed: 2) },
      callbacks: callbacks)
    #expect(points == expected)
    #expect(fractions == expected.map { Double($0) / Double(batchCount) })
  }

  @Test func stopsAtMaxSteps() throws {
    let net = DenseNet(Self.small)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.01))
    var epochs = 0
    var callbacks = Trainer.Callbacks()
    callbacks.onEpoch = { _, _ in epochs += 1 }
    let result = try trainer.fit(
      TrainingPlan(epochs: 10, batchesPerEpoch: 3, maxSteps: 5), batches: { _, _ in batches(3, of: 2, seed: 1) },
      test: { batches(1, of: 2, seed: 2) }, callbacks: callbacks)
    #expect(result.last.step == 5)
    #expect(result.last.epoch == 2)
    #expect(result.last.train.examples == 4)
    #expect(epochs == 2)
  }

  /// Of a network that does not learn, the first epoch is the best.
  @Test(arguments: [1, 3]) func patienceEndsARunThatNoLongerGetsBetter(_ patience: Int) throws {
    let net = DenseNet(Self.small)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0))
    net.freezeNorms()
    var best: [Bool] = []
    var callbacks = Trainer.Callbacks()
    callbacks.onEpoch = { _, isBest in best.append(isBest) }
    let result = try trainer.fit(
      TrainingPlan(epochs: 10, batchesPerEpoch: 2, patience: patience),
      batches: { _, _ in batches(2, of: 2, seed: 1) }, test: { batches(2, of: 4, seed: 2) }, callbacks: callbacks)
    #expect(result.last.epoch == 1 + patience && result.best?.epoch == 1 && !result.wasInterrupted)
    #expect(best == [true] + Array(repeating: false, count: patience))
  }

  /// Where the task changes, the best epoch is one of the present task, and patience waits for the last.
  @Test func aNewTaskBeginsAnew() throws {
    let net = DenseNet(Self.small)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0))
    net.freezeNorms()
    var best: [Bool] = []
    var callbacks = Trainer.Callbacks()
    callbacks.onEpoch = { _, isBest in best.append(isBest) }
    let plan = TrainingPlan(epochs: 10, batchesPerEpoch: 2, patience: 2, taskChanges: [3, 4])
    let result = try trainer.fit(
      plan, batches: { _, _ in batches(2, of: 2, seed: 1) }, test: { batches(2, of: 4, seed: 2) }, callbacks: callbacks)
    #expect(result.last.epoch == 7 && result.best?.epoch == 5)
    #expect(best == [true, false, false, true, true, false, false])
  }

  @Test func stopsWhenAsked() throws {
    let net = DenseNet(Self.small)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.01))
    var steps = 0
    var callbacks = Trainer.Callbacks()
    callbacks.onStep = { _ in steps += 1 }
    callbacks.shouldStop = { steps == 2 }
    let result = try trainer.fit(
      TrainingPlan(epochs: 10, batchesPerEpoch: 3), batches: { _, _ in batches(3, of: 2, seed: 1) },
      test: { batches(1, of: 2, seed: 2) },
      callbacks: callbacks)
    #expect(result.wasInterrupted)
    #expect(result.last.step == 2)
  }

  @Test func divergenceIsAnErrorThatNamesTheStep() throws {
    let net = DenseNet(Self.small)
    let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1))
    var data = batches(3, of: 2, seed: 1)
    data[1] = LabeledBatch(images: data[1].images * .nan, labels: data[1].labels)
    let failure = #expect(throws: Failure.self) {
      try trainer.fit(TrainingPlan(epochs: 1, batchesPerEpoch: 3), batches: { _, _ in data }, test: { data })
    }
    #expect(failure?.description.contains("step 2") == true)
    #expect(failure?.kind == .invalidData)
  }

  @Test func initialisations() {
    func moments(_ kind: Initialization) -> (mean: Double, deviation: Double, greatest: Float) {
      let layer = Conv2d(40, 60, kernelSize: 5)
      layer.initialize(kind, seed: 3)
      let w = layer.weight.value
      return (w.mean(), (w * w).mean().squareRoot(), w.values.reduce(0) { max($0, abs($1)) })
    }
    let (fanIn, fanOut) = (1000.0, 1500.0)
    let xavier = moments(.xavierUniform)
    #expect(abs(xavier.deviation - (2 / (fanIn + fanOut)).squareRoot()) < 1e-3)
    #expect(Double(xavier.greatest) <= (6 / (fanIn + fanOut)).squareRoot())
    #expect(abs(moments(.heNormal).deviation - (2 / fanIn).squareRoot()) < 1e-3)
    #expect(abs(moments(.pytorch).deviation - (1 / (3 * fanIn)).squareRoot()) < 1e-3)
    #expect(Double(moments(.pytorch).greatest) <= (1 / fanIn).squareRoot())
    #expect(abs(xavier.mean) < 1e-3)
    let layer = Linear(100, 50)
    layer.initialize(.xavierUniform, seed: 3)
    #expect(
      layer.bias!.value.values.allSatisfy { abs($0) <= 0.1 } && layer.bias!.value.values.contains { abs($0) > 0.05 })
  }

  @Test func dropout() {
    #expect(Dropout(0.5).forward(.ones([64]), mode: .training) != Dropout(0.5).forward(.ones([64]), mode: .training))
    let pair = Sequential(Dropout(0.5), Dropout(0.5))
    pair.initialize(.heNormal, seed: 4)
    let once = pair.forward(.ones([64]), mode: .training)
    pair.initialize(.heNormal, seed: 4)
    #expect(pair.forward(.ones([64]), mode: .training) == once)
    #expect((pair.layers[0] as! Dropout).seed != (pair.layers[1] as! Dropout).seed)
    let layer = Dropout(0.25, seed: 9)
    let x = Tensor.ones([100, 100])
    #expect(layer(x) == x)
    let first = layer.forward(x, mode: .training)
    #expect(abs(first.mean() - 1) < 0.02)
    #expect(Set(first.values) == [0, 1 / Float(0.75)])
    #expect(layer.backward(x) == first)
    #expect(layer.forward(x, mode: .training) != first)
  }
}
