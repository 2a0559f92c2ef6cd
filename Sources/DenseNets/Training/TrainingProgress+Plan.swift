extension TrainingProgress {
  /// Epochs whose end was evaluated.
  package var completedEpochs: Int { isComplete ? last?.epoch ?? 0 : epoch }

  /// The progress under a plan of another length: a run that was complete has more to do, or one that was not is
  /// complete.
  /// - Throws: `Failure(.usage)` where more is done already than is planned, or where the plan's patience would end the run
  ///   at once.
  package func adapted(to plan: TrainingPlan) throws(Failure) -> TrainingProgress {
    let begun = isComplete ? completedEpochs : epoch + (batch > 0 ? 1 : 0)
    guard plan.epochs >= begun else {
      throw Failure(
        .usage, "epochs: expected at least \(begun), as many as the run has begun, found \(plan.epochs)",
        settings: ["epochs"])
    }
    if let maxSteps = plan.maxSteps, maxSteps < step {
      throw Failure(
        .usage, "steps: expected at least \(step), as many as the run has made, found \(maxSteps)",
        settings: ["maxSteps"])
    }
    let hasMore = plan.epochs > completedEpochs || batch < plan.batchesPerEpoch && isComplete
    let isPlanned = hasMore && step != plan.maxSteps
    if isComplete, isPlanned { return try reopened(under: plan) }
    var result = self
    if !isComplete, batch == 0, last != nil, !isPlanned { result.isComplete = true }
    return result
  }

  /// A complete run that goes on: with its next epoch, or within its last one. What that one came to is forgotten, as if
  /// the run had not been cut there.
  private func reopened(under plan: TrainingPlan) throws(Failure) -> TrainingProgress {
    var result = self
    result.isComplete = false
    if batch >= plan.batchesPerEpoch {
      result.beginEpoch(completedEpochs)
    } else if let beforeCut {
      (result.last, result.best, result.beforeCut) = (beforeCut.last, beforeCut.best, nil)
    } else {
      // As older versions left it, which did not note what was before.
      result.last = nil
      if let best, best.epoch > epoch { result.best = nil }
    }
    if let patience = plan.patience, let best = result.best, plan.isOutOfPatience(after: result.epoch, best: best) {
      throw Failure(
        .usage,
        "patience: the run ended since \(patience) epochs brought nothing better after epoch \(best.epoch); expected a larger number, to go on",
        settings: ["patience"])
    }
    return result
  }

  /// The last update that a point may be of. An update that ends a run has one, even between the chapter's five an
  /// epoch; where the run goes on, it has not.
  package func lastPointStep(in plan: TrainingPlan) -> Int {
    let isWithin = batch > 0 && batch < plan.batchesPerEpoch && !isComplete && step != plan.maxSteps
    let update = (batch + plan.accumulation - 1) / plan.accumulation
    return isWithin && update % plan.pointInterval != 0 ? step - 1 : step
  }

  /// - Parameter number: from 0.
  mutating func beginEpoch(_ number: Int) {
    epoch = number
    (batch, metrics, epochSeconds, epochWaitingSeconds) = (0, Metrics(), 0, 0)
  }
}
