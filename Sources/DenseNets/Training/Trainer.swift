/// Trains a classifier as the chapter's `train_ch6` does, and tells its callbacks what happens.
///
/// ```swift
/// let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1))
/// let result = try trainer.fit(epochs: 10, batches: { epoch in loader(epoch) }, test: { testLoader() })
/// ```
public final class Trainer {
  public let model: any Layer
  public let optimizer: any Optimizer
  private let loss = CrossEntropyLoss()

  public init(model: any Layer, optimizer: any Optimizer) {
    self.model = model
    self.optimizer = optimizer
  }

  /// Where training stands after an update.
  public struct StepEvent: Sendable {
    /// From 0.
    public let epoch: Int
    /// Updates in this epoch and in all.
    public let batch: Int
    public let step: Int
    /// Averages since the epoch began.
    public let metrics: Metrics
    /// Epochs done, with the fraction of this one: the chapter's horizontal axis.
    public let epochsDone: Double
    /// Whether this is one of the chapter's five points an epoch.
    public let isPoint: Bool
  }

  /// What an epoch came to.
  public struct EpochEvent: Sendable {
    /// From 1.
    public let epoch: Int
    public let step: Int
    public let train: Metrics
    public let test: Metrics
    /// Of all training steps so far, loading included, evaluation not.
    public let examplesPerSecond: Double
  }

  /// What a run came to: its last epoch.
  public struct Result: Sendable {
    public let last: EpochEvent
    /// Whether a callback stopped the run before its end; then nothing was evaluated after the last step.
    public let wasInterrupted: Bool
  }

  /// What to be told, and when to stop.
  public struct Callbacks {
    public var onStep: (StepEvent) throws -> Void = { _ in }
    public var onTestBegin: () -> Void = {}
    public var onTestBatch: (Metrics) -> Void = { _ in }
    public var onEpoch: (EpochEvent) throws -> Void = { _ in }
    /// Asked after every step and every test batch; true ends the run.
    public var shouldStop: () -> Bool = { false }

    public init() {}
  }

  /// Runs `epochs` epochs, or `maxSteps` updates if those are fewer, with an evaluation after each epoch.
  /// - Parameters:
  ///   - batchCount: the batches of an epoch.
  ///   - batches: the training batches of an epoch, counted from 0.
  ///   - test: the batches to evaluate on.
  /// - Throws: ``Failure`` when the loss is not a number, and what a callback throws.
  public func fit<Batches: Sequence<LabeledBatch>, Tests: Sequence<LabeledBatch>>(
    epochs: Int, maxSteps: Int? = nil, batchCount: Int, batches: (_ epoch: Int) throws -> Batches,
    test: () throws -> Tests, callbacks: Callbacks = Callbacks()
  ) throws -> Result {
    precondition(epochs > 0 && batchCount > 0 && maxSteps ?? 1 > 0, "epochs, batches and steps must be positive")
    let clock = ContinuousClock()
    let pointInterval = max(1, batchCount / 5)
    var step = 0
    var examples = 0
    var trainingTime = Duration.zero
    for epoch in 0..<epochs {
      var metrics = Metrics()
      var batch = 0
      var interrupted = false
      var began = clock.now
      let source = try batches(epoch)
      for data in source {
        try update(data, step: step + 1, into: &metrics)
        step += 1
        batch += 1
        examples += data.count
        trainingTime += clock.now - began
        let isLast = batch == batchCount || step == maxSteps
        try callbacks.onStep(
          StepEvent(
            epoch: epoch, batch: batch, step: step, metrics: metrics,
            epochsDone: Double(epoch) + Double(batch) / Double(batchCount),
            isPoint: batch % pointInterval == 0 || isLast))
        interrupted = callbacks.shouldStop()
        if isLast || interrupted { break }
        began = clock.now
      }
      if !interrupted { try source.requireEnd() }
      precondition(
        interrupted || batch == batchCount || step == maxSteps, "epoch \(epoch) had \(batch) batches of \(batchCount)")
      var tested = Metrics()
      if !interrupted {
        callbacks.onTestBegin()
        tested = try evaluate(try test(), onBatch: callbacks.onTestBatch, shouldStop: callbacks.shouldStop)
        interrupted = callbacks.shouldStop()
      }
      let event = EpochEvent(
        epoch: epoch + 1, step: step, train: metrics, test: tested,
        examplesPerSecond: Double(examples) / trainingTime.inSeconds)
      if interrupted { return Result(last: event, wasInterrupted: true) }
      try callbacks.onEpoch(event)
      if epoch + 1 == epochs || step == maxSteps { return Result(last: event, wasInterrupted: false) }
    }
    fatalError("unreachable: the last epoch returns")
  }

  /// One step: forward, loss, backward, update.
  private func update(_ batch: LabeledBatch, step: Int, into metrics: inout Metrics) throws {
    let result = loss(model.forward(batch.images, mode: .training), batch.labels)
    guard result.loss.isFinite else {
      throw Failure(
        .invalidData,
        "the loss is \(result.loss.isNaN ? "not a number" : "infinite") at step \(step): training diverged; use a smaller learning rate, or check the input for values that are not finite"
      )
    }
    _ = model.backward(result.gradient!, needsInputGradient: false)
    optimizer.step()
    metrics.add(loss: result.loss, correct: result.correct, count: batch.count)
  }

  /// Loss and accuracy in inference mode.
  /// - Throws: why batches ended before their time.
  public func evaluate(
    _ batches: some Sequence<LabeledBatch>, onBatch: (Metrics) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> Metrics {
    var metrics = Metrics()
    for batch in batches {
      let result = loss(model.forward(batch.images, mode: .inference), batch.labels, gradient: false)
      metrics.add(loss: result.loss, correct: result.correct, count: batch.count)
      onBatch(metrics)
      if shouldStop() { return metrics }
    }
    try batches.requireEnd()
    return metrics
  }
}

extension Duration {
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
