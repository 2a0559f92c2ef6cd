/// How long a training run is, and what happens in each of its updates.
public struct TrainingPlan: Sendable {
  public var epochs: Int
  /// The batches that an epoch loads.
  public var batchesPerEpoch: Int
  /// The batches whose gradients make one update, for large effective batches in the memory of small ones. An epoch's last
  /// update takes what is left.
  public var accumulation: Int
  /// Ends the run after so many updates; the schedule goes by the epochs all the same.
  public var maxSteps: Int?
  /// nil: the optimizer keeps its learning rate.
  public var schedule: LearningRateSchedule?
  /// The schedule's highest learning rate.
  public var learningRate: Double
  /// The largest norm of all gradients together; nil: no limit.
  public var clipNorm: Double?
  /// Ends the run after so many epochs in a row without a better test accuracy; nil: never.
  public var patience: Int?

  /// - Precondition: every number is positive.
  public init(
    epochs: Int, batchesPerEpoch: Int, accumulation: Int = 1, maxSteps: Int? = nil,
    schedule: LearningRateSchedule? = nil, learningRate: Double = 0, clipNorm: Double? = nil, patience: Int? = nil
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
  }

  public var stepsPerEpoch: Int { (batchesPerEpoch + accumulation - 1) / accumulation }
  /// The updates of all epochs.
  public var scheduledSteps: Int { epochs * stepsPerEpoch }

  /// The learning rate and, where it is moved, the momentum of an update, from 0; nil without a schedule.
  public func rates(atStep step: Int) -> (learningRate: Double, momentum: Double?)? {
    guard let schedule else { return nil }
    let position = LearningRateSchedule.Position(step: step, of: scheduledSteps, stepsPerEpoch: stepsPerEpoch)
    return (schedule.learningRate(at: position, peak: learningRate), schedule.momentum(at: position))
  }
}

/// How far a run has come: with the model's, the optimizer's and the average's state, all that it takes to go on.
public struct TrainingProgress: Sendable, Equatable, Codable {
  /// The current epoch, from 0, and its batches that are done.
  public internal(set) var epoch = 0
  public internal(set) var batch = 0
  /// Updates in all.
  public internal(set) var step = 0
  /// Of the current epoch so far.
  public internal(set) var metrics = Metrics()
  /// Of all epochs: examples trained on, and the time that took, loading included.
  public internal(set) var examples = 0
  public internal(set) var trainingSeconds = 0.0
  /// Of the current epoch.
  var epochSeconds = 0.0
  var epochWaitingSeconds = 0.0
  /// The last epoch that is over, tested.
  public internal(set) var last: EpochResult?
  /// The one with the best test accuracy.
  public internal(set) var best: EpochResult?
  /// Whether the run is over.
  public internal(set) var isComplete = false

  /// The beginning.
  public init() {}
}

/// What an epoch came to.
public struct EpochResult: Sendable, Equatable, Codable {
  /// From 1.
  public let epoch: Int
  public let step: Int
  public let train: Metrics
  public let test: Metrics
  /// Of all training steps so far, loading included, evaluation not.
  public let examplesPerSecond: Double
  /// The part of the epoch's training time that was spent waiting for batches, 0 to 1.
  public let waitingShare: Double
}
