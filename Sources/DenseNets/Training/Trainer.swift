/// Trains a classifier as the chapter's `train_ch6` does, and reports to its callbacks.
///
/// ```swift
/// let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1))
/// let plan = TrainingPlan(epochs: 10, batchesPerEpoch: batchCount)
/// let result = try trainer.fit(plan, batches: { epoch, first in loader(epoch, first) }, test: { testLoader() })
/// ```
public final class Trainer {
  public let model: any Layer
  public let optimizer: any Optimizer
  public let loss: any ClassifierLoss
  /// An average of the model's weights, which is tested in their place; nil: the model itself is.
  public let average: ExponentialMovingAverage?
  var update: UpdateStep
  /// Processes that train the same model, each on its part of every batch; nil: there are none.
  let replicas: (any Replicas)?
  let batchNorm: BatchNormStatistics
  /// Whose loss was not finite.
  var place = ""

  /// - Parameters:
  ///   - replicas: processes that do the same, each with batches of its own part, as a loader makes them for a rank; nil:
  ///     there are none.
  ///   - batchNorm: whose values batch norms are computed from then.
  public init(
    model: any Layer, optimizer: any Optimizer, loss: any ClassifierLoss = CrossEntropyLoss(),
    average: ExponentialMovingAverage? = nil, replicas: (any Replicas)? = nil,
    batchNorm: BatchNormStatistics = .synchronized
  ) {
    self.model = model
    self.optimizer = optimizer
    self.loss = loss
    self.average = average
    (self.replicas, self.batchNorm) = (replicas, batchNorm)
    update = UpdateStep(
      model: model, optimizer: optimizer, average: average, replicas: replicas,
      sharesStatistics: batchNorm == .synchronized)
  }

  /// Runs a plan's epochs, or those that remain, with an evaluation after each.
  /// - Parameters:
  ///   - start: where to resume; the states of model, optimizer and average are those of that moment.
  ///   - batches: the training batches of an epoch, counted from 0, starting with the given one.
  ///   - statistics: of an epoch, the training batches by which the batch norms of averaged weights are measured before
  ///     these are tested; nil: their statistics are averages too, as in timm's `ModelEmaV3`.
  ///   - test: the batches to evaluate on after each epoch, and to choose the best epoch by; none: nothing is chosen.
  /// - Throws: ``Failure`` when the loss is not finite; why batches ended early, on any replica; what a callback throws.
  public func fit<Batches: BatchSource, Tests: BatchSource>(
    _ plan: TrainingPlan, from start: TrainingProgress = TrainingProgress(),
    batches: (_ epoch: Int, _ firstBatch: Int) throws -> Batches,
    statistics: ((_ epoch: Int) throws -> Batches)? = nil, test: () throws -> Tests,
    callbacks: Callbacks = Callbacks()
  ) throws -> Result {
    update.reset()
    var progress = start
    while !progress.isComplete {
      let isTrained = progress.batch == plan.batchesPerEpoch || progress.step == plan.maxSteps
      var interrupted = false
      if !isTrained {
        interrupted = try train(plan, batches(progress.epoch, progress.batch), &progress, callbacks)
      }
      var tested = Metrics()
      if !interrupted {
        try requireSameWeights(afterStep: progress.step)
        callbacks.onTestBegin()
        tested = try withTestedWeights {
          if average != nil, let statistics {
            try measureStatistics(try statistics(progress.epoch), shouldStop: callbacks.shouldStop)
          }
          return try evaluate(try test(), onBatch: callbacks.onTestBatch, shouldStop: callbacks.shouldStop)
        }
        interrupted = mustStop(callbacks.shouldStop)
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
    guard let last = progress.last else { preconditionFailure("a completed run has an epoch") }
    return Result(last: last, best: progress.best, wasInterrupted: false)
  }

  /// The remaining updates of an epoch.
  /// - Returns: whether a callback stopped them.
  private func train(
    _ plan: TrainingPlan, _ batches: some BatchSource, _ progress: inout TrainingProgress,
    _ callbacks: Callbacks
  ) throws -> Bool {
    let clock = ContinuousClock()
    var iterator = batches.makeBatchIterator()
    var began = clock.now
    while progress.batch < plan.batchesPerEpoch {
      guard let data = try next(&iterator) else {
        preconditionFailure("epoch \(progress.epoch) had \(progress.batch) batches of \(plan.batchesPerEpoch)")
      }
      let waited = (clock.now - began).inSeconds
      let isUpdate = (progress.batch + 1) % plan.accumulation == 0 || progress.batch + 1 == plan.batchesPerEpoch
      try learn(data, plan, step: progress.step, updates: isUpdate, into: &progress.metrics)
      progress.add(examples: data.wholeCount, seconds: (clock.now - began).inSeconds, waited: waited, updates: isUpdate)
      began = clock.now
      guard isUpdate else { continue }
      let isLast = progress.batch == plan.batchesPerEpoch || progress.step == plan.maxSteps
      let update = (progress.batch + plan.accumulation - 1) / plan.accumulation
      try callbacks.onStep(
        StepEvent(
          epoch: progress.epoch, batch: progress.batch, step: progress.step, metrics: progress.metrics,
          epochsDone: Double(progress.epoch) + Double(progress.batch) / Double(plan.batchesPerEpoch),
          learningRate: optimizer.learningRate, isPoint: update % plan.pointInterval == 0 || isLast))
      try callbacks.onProgress(progress)
      if mustStop(callbacks.shouldStop) { return true }
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
    let result = pass(batch, as: plan.accumulation == 1 ? .whole : updates ? .lastPart : .part)
    try UpdateStep.requireFinite(
      loss: result.loss, step: step, place: place, remedy: ", or check the input for values that are not finite")
    metrics.add(result, count: batch.wholeCount)
    if updates { update.finish(clipNorm: plan.clipNorm, rates: plan.rates(atStep: step)) }
  }

  /// One update with the optimizer's own rates.
  /// - Returns: the batch's loss before it; nil where that is not finite, and nothing was updated.
  package func learn(_ batch: LabeledBatch) -> Double? {
    let loss = pass(batch, as: .whole).loss
    guard loss.isFinite else { return nil }
    Profiler.measure("update", layer: "all", bytes: 12 * model.parameterCount) { update.finish() }
    return loss
  }

  /// Forward, loss, and where that is finite backward.
  private func pass(_ batch: LabeledBatch, as role: UpdateStep.Role) -> LossResult {
    if let replicas { return pass(batch, as: role, among: replicas) }
    let logits = model.forward(batch.images, mode: .training)
    let (result, gradient) = loss.lossAndGradient(logits, batch)
    if result.loss.isFinite { update.backward(gradient, weight: result.weight, as: role, images: batch.count) }
    return result
  }

  /// Calls `body` while the model has the weights that are tested and kept: the average's, where there is one.
  public func withTestedWeights<T>(_ body: () throws -> T) rethrows -> T {
    average?.swap()
    defer { average?.swap() }
    return try body()
  }

  /// Loss and accuracy in inference mode, without smoothing or weights; for several labels, how well each is ranked too.
  /// - Throws: why batches ended early.
  public func evaluate(
    _ batches: some BatchSource, onBatch: (TestEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> Metrics {
    var metrics = Metrics()
    var scores = LabelScores()
    var iterator = batches.makeBatchIterator()
    while let part = try next(&iterator) {
      let (batch, logits) = gathered(part, model.forward(part.images, mode: .inference))
      let result = loss.evaluated(logits, batch)
      metrics.add(result, count: batch.count)
      onBatch(TestEvent(batch: batch, logits: logits, metrics: metrics))
      scores.add(logits, batch)
      if mustStop(shouldStop) { break }
    }
    metrics.ranking = scores.ranking
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
    beforeCut = batch < plan.batchesPerEpoch ? Before(last: last, best: best) : nil
    last = result
    // Nothing is better where nothing is tested on.
    if result.test.examples == 0 {
      best = nil
    } else if plan.taskChanges.contains(result.epoch - 1) {
      best = result
    } else if best.map({ result.test.score > $0.test.score }) ?? true {
      best = result
    }
    isComplete =
      result.epoch == plan.epochs || step == plan.maxSteps || plan.isOutOfPatience(after: result.epoch, best: best)
    if !isComplete { beginEpoch(epoch + 1) }
  }
}
