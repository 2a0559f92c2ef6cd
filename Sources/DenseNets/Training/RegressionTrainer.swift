/// Trains a network to predict numbers: mean squared error over batches of rows.
///
/// ```swift
/// let optimizer = AdamW(net, learningRate: 0.01)
/// let trainer = RegressionTrainer(model: net, optimizer: optimizer, schedule: .init(.cosine(minimum: 0)))
/// try trainer.fit(inputs: x, targets: y, epochs: 30, batchSize: 64, order: { epoch in permutation(epoch) })
/// ```
public final class RegressionTrainer {
  public let model: any Layer
  public let optimizer: any Optimizer
  public let schedule: LearningRateSchedule
  /// The learning rate that the schedule starts from: the optimizer's, when the trainer was made.
  public let peakLearningRate: Double
  private let loss = MSELoss()
  private var update: UpdateStep

  public init(model: any Layer, optimizer: any Optimizer, schedule: LearningRateSchedule = LearningRateSchedule()) {
    (self.model, self.optimizer, self.schedule) = (model, optimizer, schedule)
    peakLearningRate = optimizer.learningRate
    update = UpdateStep(model: model, optimizer: optimizer)
  }

  /// The result of an epoch.
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
  ///   - onEpoch: called after each epoch; false ends the run.
  /// - Throws: ``Failure`` when the loss is not finite, and what the callback throws.
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
        let rate = schedule.learningRate(at: position, peak: peakLearningRate)
        let loss = try learn(inputs.selected(part), targets.selected(part), step: step, learningRate: rate)
        sum += loss * Double(part.count)
      }
      guard try onEpoch(EpochEvent(epoch: epoch + 1, loss: sum / Double(rows.count))) else { return }
    }
  }

  /// One update.
  /// - Parameter step: updates so far.
  /// - Returns: the loss before it.
  private func learn(_ inputs: Tensor, _ targets: Tensor, step: Int, learningRate: Double) throws -> Double {
    let (loss, gradient) = loss.lossAndGradient(model.forward(inputs, mode: .training), targets)
    try UpdateStep.requireFinite(loss: loss, step: step)
    update.backward(gradient, weight: Double(inputs.shape[0]), as: .whole, images: inputs.shape[0])
    update.finish(rates: (learningRate, nil))
    return loss
  }
}
