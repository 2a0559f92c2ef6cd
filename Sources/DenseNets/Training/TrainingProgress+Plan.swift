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
    var result = self
    let hasMore = plan.epochs > completedEpochs || batch < plan.batchesPerEpoch && isComplete
    let isPlanned = hasMore && step != plan.maxSteps
    if isComplete, isPlanned {
      if let patience = plan.patience, let best, completedEpochs - best.epoch >= patience {
        throw Failure(
          .usage,
          "patience: the run ended since \(patience) epochs brought nothing better after epoch \(best.epoch); expected a larger number, to go on",
          settings: ["patience"])
      }
      result.isComplete = false
      if batch >= plan.batchesPerEpoch { result.beginEpoch(completedEpochs) }
    } else if !isComplete, batch == 0, last != nil, !isPlanned {
      result.isComplete = true
    }
    return result
  }

  /// - Parameter number: from 0.
  mutating func beginEpoch(_ number: Int) {
    epoch = number
    (batch, metrics, epochSeconds, epochWaitingSeconds) = (0, Metrics(), 0, 0)
  }
}
