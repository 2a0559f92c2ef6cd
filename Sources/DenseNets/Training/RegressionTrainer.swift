/// Trains a network to predict numbers: mean squared error over batches of rows.
///
/// ```swift
/// let trainer = RegressionTrainer(model: net, optimizer: Adam(net, learningRate: 0.01), schedule: .init(.cosine(minimum: 0)))
/// try trainer.fit(inputs: x, targets: y, epochs: 30, batchSize: 64, order: { epoch in permutation(epoch) })
/// ```
public final class RegressionTrainer {
  public let model: any Layer
  public let optimizer: any Optimizer
  public let schedule: LearningRateSchedule
  /// The learning rate that the schedule starts from: the optimizer's, when the trainer was made.
  public let peakLearningRate: Double
  private let loss = MSELoss()

  public init(model: any Layer, optimizer: any Optimizer, schedule: LearningRateSchedule = LearningRateSchedule()) {
    (self.model, self.optimizer, self.schedule) = (model, optimizer, schedule)
    peakLearningRate = optimizer.learningRate
  }

  /// What an epoch came to.
  public struct EpochEvent: Sendable {
    /// From 1.
    public let epoch: Int
    /// The mean over the epoch's rows of the squared error, in training mode.
    public let loss: Double
  }

  /// Runs `epochs` epochs; the last batch of each may be smaller.
  /// - Parameters:
  ///   - inputs: `[N, features]`.
  ///   - targets: `[N, outputs]`.
  ///   - order: the rows of an epoch, counted from 0, in the order in which to visit them.
  ///   - onEpoch: told after each epoch; false ends the run.
  /// - Throws: ``Failure`` when the loss is not a number, and what the callback throws.
  public func fit(
    inputs: Tensor, targets: Tensor, epochs: Int, batchSize: Int, order: (_ epoch: Int) -> [Int],
    onEpoch: (EpochEvent) throws -> Bool = { _ in true }
  ) throws {
    precondition(
      inputs.rank == 2 && targets.rank == 2 && inputs.shape[0] == targets.shape[0], "rows of both must agree")
    precondition(epochs > 0 && batchSize > 0 && inputs.count > 0, "epochs, batch size and rows must be positive")
    for epoch in 0..<epochs {
      let rows = order(epoch)
      let stepsPerEpoch = (rows.count + batchSize - 1) / batchSize
      var sum = 0.0
      for batch in 0..<stepsPerEpoch {
        let step = epoch * stepsPerEpoch + batch
        let part = Array(rows[batch * batchSize..<min((batch + 1) * batchSize, rows.count)])
        let position = LearningRateSchedule.Position(
          step: step, of: epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch)
        optimizer.learningRate = schedule.learningRate(at: position, peak: peakLearningRate)
        sum += try update(inputs.selected(part), targets.selected(part), step: step + 1) * Double(part.count)
      }
      guard try onEpoch(EpochEvent(epoch: epoch + 1, loss: sum / Double(rows.count))) else { return }
    }
  }

  /// One step: forward, loss, backward, update. Answers the loss.
  private func update(_ inputs: Tensor, _ targets: Tensor, step: Int) throws(Failure) -> Double {
    let result = loss(model.forward(inputs, mode: .training), targets)
    guard result.loss.isFinite else {
      throw Failure(
        .invalidData,
        "the loss is \(result.loss.isNaN ? "not a number" : "infinite") at step \(step): training diverged; use a smaller learning rate"
      )
    }
    _ = model.backward(result.gradient!, needsInputGradient: false)
    optimizer.step()
    return result.loss
  }
}
