import Testing

@testable import DenseNets

@Suite struct RegressionTrainerTests {
  /// Rows of a plane: with a linear layer, training finds its slopes.
  @Test func findsAPlane() throws {
    let x = Tensor.randn([50, 3], seed: 1)
    let y = Tensor(
      shape: [50, 1],
      values: (0..<50).map { (row: Int) -> Float in
        let slopes = 2 * x[row, 0] - x[row, 1] + 0.5 * x[row, 2]
        return slopes + 3
      })
    let model = Linear(3, 1, initialization: nil)
    let optimizer = Adam(model, learningRate: 0.1)
    let trainer = RegressionTrainer(
      model: model, optimizer: optimizer, schedule: LearningRateSchedule(.cosine(minimum: 0)))
    var losses: [Double] = []
    try trainer.fit(
      inputs: x, targets: y, epochs: 100, batchSize: 16, order: { _ in Array(0..<50) },
      onEpoch: { event in
        #expect(event.epoch == losses.count + 1)
        losses.append(event.loss)
        return true
      })
    #expect(losses.count == 100 && losses[0] > 5 && losses[99] < 1e-4)
    expectClose(model.weight.value, Tensor(shape: [1, 3], values: [2, -1, 0.5]), 1e-2, "slopes")
    // 50 rows in batches of 16: four updates, the last of two rows.
    #expect(optimizer.steps == 400 && optimizer.learningRate < 0.1 * 1e-3)
    #expect(trainer.peakLearningRate == 0.1)
  }

  /// The loss of an epoch weighs each row alike, and the order is the caller's.
  @Test func countsRows() throws {
    let x = Tensor(shape: [3, 1], values: [1, 10, 100])
    let model = Linear(1, 1, initialization: nil)
    let trainer = RegressionTrainer(model: model, optimizer: SGD(model, learningRate: 0))
    var losses: [Double] = []
    var epochs: [Int] = []
    let order = { (epoch: Int) -> [Int] in
      epochs.append(epoch)
      return epoch == 0 ? [0, 1, 2] : [2, 2, 1]
    }
    try trainer.fit(inputs: x, targets: x, epochs: 5, batchSize: 2, order: order) { event in
      losses.append(event.loss)
      return event.epoch < 2
    }
    #expect(epochs == [0, 1])
    let expected: [Double] = [10_101 / 3, 20_100 / 3]
    #expect(losses == expected)
  }

  @Test func saysWhenItDiverges() {
    let x = Tensor(shape: [2, 1], values: [1e30, -1e30])
    let model = Linear(1, 1)
    let trainer = RegressionTrainer(model: model, optimizer: SGD(model, learningRate: 1))
    #expect {
      try trainer.fit(inputs: x, targets: x, epochs: 5, batchSize: 2, order: { _ in [0, 1] })
    } throws: { error in
      (error as? Failure)?.kind == .invalidData && "\(error)".contains("diverged")
    }
  }
}
