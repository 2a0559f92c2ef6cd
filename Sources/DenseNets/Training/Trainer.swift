/// Trains a classifier as the chapter's `train_ch6` does, and tells its callbacks what happens.
///
/// ```swift
/// let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1))
/// let plan = TrainingPlan(epochs: 10, batchesPerEpoch: loader.batchCount)
/// let result = try trainer.fit(plan, batches: { epoch, first in loader(epoch, first) }, test: { testLoader() })
/// ```
public final class Trainer {
  public let model: any Layer
  public let optimizer: any Optimizer
  public let loss: CrossEntropyLoss
  /// An average of the model's weights, which is then what is tested; nil: the model itself is.
  public let average: ExponentialMovingAverage?
  private var accumulator = GradientAccumulator()

  public init(
    model: any Layer, optimizer: any Optimizer, loss: CrossEntropyLoss = CrossEntropyLoss(),
    average: ExponentialMovingAverage? = nil
  ) {
    self.model = model
    self.optimizer = optimizer
    self.loss = loss
    self.average = average
  }

  /// Runs a plan's epochs, or what is left of them, with an evaluation after each.
  /// - Parameters:
  ///   - start: where to go on; the states of model, optimizer and average are those of that moment.
  ///   - batches: the training batches of an epoch, counted from 0, from the given one on.
  ///   - test: the batches to evaluate on.
  /// - Throws: ``Failure`` when the loss is not a number, and what a callback throws.
  public func fit<Batches: Sequence<LabeledBatch>, Tests: Sequence<LabeledBatch>>(
    _ plan: TrainingPlan, from start: TrainingProgress = TrainingProgress(),
    batches: (_ epoch: Int, _ firstBatch: Int) throws -> Batches, test: () throws -> Tests,
    callbacks: Callbacks = Callbacks()
  ) throws -> Result {
    var progress = start
    while !progress.isComplete {
      let isTrained = progress.batch == plan.batchesPerEpoch || progress.step == plan.maxSteps
      var interrupted = false
      if !isTrained {
        interrupted = try train(plan, batches(progress.epoch, progress.batch), &progress, callbacks)
      }
      var tested = Metrics()
      if !interrupted {
        callbacks.onTestBegin()
        tested = try withTestedWeights {
          try evaluate(try test(), onBatch: callbacks.onTestBatch, shouldStop: callbacks.shouldStop)
        }
        interrupted = callbacks.shouldStop()
      }
      let result = EpochResult(
        epoch: progress.epoch + 1, step: progress.step, train: progress.metrics, test: tested,
        examplesPerSecond: Double(progress.examples) / progress.trainingSeconds,
        waitingShare: progress.epochWaitingSeconds / max(progress.epochSeconds, .leastNonzeroMagnitude))
      if interrupted { return Result(last: result, best: progress.best, wasInterrupted: true) }
      progress.endEpoch(result, plan)
      try withTestedWeights { try callbacks.onEpoch(result, progress.best == result) }
      try callbacks.onProgress(progress)
    }
    guard let last = progress.last else { preconditionFailure("a run that is over has had an epoch") }
    return Result(last: last, best: progress.best, wasInterrupted: false)
  }

  /// The updates of an epoch that are left.
  /// - Returns: whether a callback stopped them.
  private func train(
    _ plan: TrainingPlan, _ batches: some Sequence<LabeledBatch>, _ progress: inout TrainingProgress,
    _ callbacks: Callbacks
  ) throws -> Bool {
    let clock = ContinuousClock()
    let pointInterval = max(1, plan.stepsPerEpoch / 5)
    var iterator = batches.makeIterator()
    var began = clock.now
    while progress.batch < plan.batchesPerEpoch {
      guard let data = iterator.next() else {
        try batches.requireEnd()
        preconditionFailure("epoch \(progress.epoch) had \(progress.batch) batches of \(plan.batchesPerEpoch)")
      }
      let waited = (clock.now - began).inSeconds
      let isUpdate = (progress.batch + 1) % plan.accumulation == 0 || progress.batch + 1 == plan.batchesPerEpoch
      try learn(data, plan, step: progress.step, updates: isUpdate, into: &progress.metrics)
      progress.add(examples: data.count, seconds: (clock.now - began).inSeconds, waited: waited, updates: isUpdate)
      began = clock.now
      guard isUpdate else { continue }
      let isLast = progress.batch == plan.batchesPerEpoch || progress.step == plan.maxSteps
      let update = (progress.batch + plan.accumulation - 1) / plan.accumulation
      try callbacks.onStep(
        StepEvent(
          epoch: progress.epoch, batch: progress.batch, step: progress.step, metrics: progress.metrics,
          epochsDone: Double(progress.epoch) + Double(progress.batch) / Double(plan.batchesPerEpoch),
          learningRate: optimizer.learningRate, isPoint: update % pointInterval == 0 || isLast))
      try callbacks.onProgress(progress)
      if callbacks.shouldStop() { return true }
      if isLast { break }
      began = clock.now
    }
    return false
  }

  /// Forward, loss, backward, and with the last batch of an update the update.
  /// - Parameter step: updates so far.
  private func learn(
    _ batch: LabeledBatch, _ plan: TrainingPlan, step: Int, updates: Bool, into metrics: inout Metrics
  ) throws {
    let result = pass(batch)
    guard result.loss.isFinite else {
      throw Failure(
        .invalidData,
        "the loss is \(result.loss.isNaN ? "not a number" : "infinite") at step \(step + 1): training diverged; use a smaller learning rate, or check the input for values that are not finite"
      )
    }
    metrics.add(loss: result.loss, correct: result.correct, count: batch.count)
    if plan.accumulation > 1 { accumulator.add(optimizer.parameters, count: batch.count) }
    guard updates else { return }
    if plan.accumulation > 1 { accumulator.finish(optimizer.parameters) }
    if let limit = plan.clipNorm { Gradients.clip(optimizer.parameters, toNorm: limit) }
    if let rates = plan.rates(atStep: step) {
      optimizer.learningRate = rates.learningRate
      if let momentum = rates.momentum { optimizer.momentum = momentum }
    }
    optimizer.step()
    average?.update()
  }

  /// One update with the optimizer's own rates.
  /// - Returns: the batch's loss before it; nil where that was no finite number, and nothing was updated.
  package func learn(_ batch: LabeledBatch) -> Double? {
    let loss = pass(batch).loss
    guard loss.isFinite else { return nil }
    optimizer.step()
    return loss
  }

  /// Forward, loss, and where that is finite backward.
  private func pass(_ batch: LabeledBatch) -> CrossEntropyLoss.Result {
    let result = loss(model.forward(batch.images, mode: .training), batch.labels, targets: batch.targets)
    if result.loss.isFinite { _ = model.backward(result.gradient!, needsInputGradient: false) }
    return result
  }

  /// Does something while the model has the weights that are tested and kept: the average's, where there is one.
  public func withTestedWeights<T>(_ body: () throws -> T) rethrows -> T {
    average?.swap()
    defer { average?.swap() }
    return try body()
  }

  /// Loss and accuracy in inference mode, without smoothing or class weights.
  /// - Throws: why batches ended before their time.
  public func evaluate(
    _ batches: some Sequence<LabeledBatch>, onBatch: (TestEvent) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> Metrics {
    var metrics = Metrics()
    let loss = CrossEntropyLoss()
    for batch in batches {
      let logits = model.forward(batch.images, mode: .inference)
      let result = loss(logits, batch.labels, gradient: false)
      metrics.add(loss: result.loss, correct: result.correct, count: batch.count)
      onBatch(TestEvent(batch: batch, logits: logits, metrics: metrics))
      if shouldStop() { return metrics }
    }
    try batches.requireEnd()
    return metrics
  }
}

extension TrainingProgress {
  fileprivate mutating func add(examples count: Int, seconds: Double, waited: Double, updates: Bool) {
    batch += 1
    if updates { step += 1 }
    examples += count
    trainingSeconds += seconds
    epochSeconds += seconds
    epochWaitingSeconds += waited
  }

  fileprivate mutating func endEpoch(_ result: EpochResult, _ plan: TrainingPlan) {
    last = result
    if best.map({ result.test.accuracy > $0.test.accuracy }) ?? true { best = result }
    let waited = result.epoch - (best?.epoch ?? result.epoch)
    isComplete =
      result.epoch == plan.epochs || step == plan.maxSteps || plan.patience.map { waited >= $0 } ?? false
    if isComplete { return }
    epoch += 1
    (batch, metrics, epochSeconds, epochWaitingSeconds) = (0, Metrics(), 0, 0)
  }
}
