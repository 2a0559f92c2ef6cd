/// How long a training run is, and how each of its updates is made.
public struct TrainingPlan: Sendable {
  public var epochs: Int
  /// Batches per epoch.
  public var batchesPerEpoch: Int
  /// Batches per update, for large effective batches in the memory of small ones: the update is that of the mean loss
  /// over all of them. An epoch's last update takes the batches that remain.
  public var accumulation: Int
  /// Ends the run after this many updates; the schedule still spans all epochs.
  public var maxSteps: Int?
  /// nil: the optimizer keeps its learning rate.
  public var schedule: LearningRateSchedule?
  /// The schedule's highest learning rate.
  public var learningRate: Double
  /// The largest norm of all gradients together; nil: no limit.
  public var clipNorm: Double?
  /// Ends the run after this many epochs in a row without a better test accuracy; nil: never.
  public var patience: Int?
  /// Epochs, from 0, from which on the task is another than before, such as images of another size: the best epoch and
  /// patience begin anew there, and patience ends a run after the last of them only.
  public var taskChanges: [Int]

  /// - Precondition: every number is positive.
  public init(
    epochs: Int, batchesPerEpoch: Int, accumulation: Int = 1, maxSteps: Int? = nil,
    schedule: LearningRateSchedule? = nil, learningRate: Double = 0, clipNorm: Double? = nil, patience: Int? = nil,
    taskChanges: [Int] = []
  ) {
    precondition(
      epochs > 0 && batchesPerEpoch > 0 && accumulation > 0 && maxSteps ?? 1 > 0 && patience ?? 1 > 0,
      "epochs, batches and steps must be positive")
    self.epochs = epochs
    self.batchesPerEpoch = batchesPerEpoch
    self.accumulation = accumulation
    self.maxSteps = maxSteps
    self.schedule = schedule
    self.learningRate = learningRate
    self.clipNorm = clipNorm
    self.patience = patience
    self.taskChanges = taskChanges
  }

  public var stepsPerEpoch: Int { (batchesPerEpoch + accumulation - 1) / accumulation }
  /// Updates between two of the chapter's five points an epoch.
  var pointInterval: Int { max(1, stepsPerEpoch / 5) }
  /// Whether patience ends the run after an epoch, from 1, with that best epoch.
  func isOutOfPatience(after epoch: Int, best: EpochResult?) -> Bool {
    guard let patience, let best, epoch > taskChanges.max() ?? 0 else { return false }
    return epoch - best.epoch >= patience
  }

  /// Updates in all epochs together.
  public var scheduledSteps: Int { epochs * stepsPerEpoch }

  /// The learning rate of an update, counted from 0, and its momentum where the schedule sets it; nil without a
  /// schedule.
  package func rates(atStep step: Int) -> (learningRate: Double, momentum: Double?)? {
    guard let schedule else { return nil }
    let position = LearningRateSchedule.Position(step: step, of: scheduledSteps, stepsPerEpoch: stepsPerEpoch)
    return (schedule.learningRate(at: position, peak: learningRate), schedule.momentum(at: position))
  }
}

/// How far a run has come. With the states of model, optimizer and average, it is all that resuming needs.
public struct TrainingProgress: Sendable, Equatable, Codable {
  /// The current epoch, counted from 0, and the batches done in it.
  public internal(set) var epoch = 0
  public internal(set) var batch = 0
  /// Updates in all.
  public internal(set) var step = 0
  /// Of the current epoch so far.
  public internal(set) var metrics = Metrics()
  /// Over all epochs: examples trained on, and the seconds that took, loading included.
  public internal(set) var examples = 0
  public internal(set) var trainingSeconds = 0.0
  /// Of the current epoch.
  var epochSeconds = 0.0
  var epochWaitingSeconds = 0.0
  /// The last completed epoch.
  public internal(set) var last: EpochResult?
  /// The one with the best test accuracy.
  public internal(set) var best: EpochResult?
  /// Whether the run is over.
  public internal(set) var isComplete = false
  /// What stood before the last epoch, where that was evaluated before its last batch; nil elsewhere.
  var beforeCut: Before?

  struct Before: Sendable, Equatable, Codable {
    var last: EpochResult?
    var best: EpochResult?
  }

  /// The beginning.
  public init() {}
}

/// The results of an epoch.
public struct EpochResult: Sendable, Equatable, Codable {
  /// From 1.
  public let epoch: Int
  public let step: Int
  public let train: Metrics
  public let test: Metrics
  /// Over all training steps so far, loading included, evaluation not.
  public let examplesPerSecond: Double
  /// The fraction of the epoch's training time that was spent waiting for batches, 0 to 1.
  public let waitingShare: Double
}
