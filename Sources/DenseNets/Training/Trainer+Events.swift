extension Trainer {
  /// The state of a run after an update.
  public struct StepEvent: Sendable {
    /// From 0.
    public let epoch: Int
    /// Batches done in this epoch, and updates in all.
    public let batch: Int
    public let step: Int
    /// Averages since the epoch began.
    public let metrics: Metrics
    /// Epochs done, with the fraction of this one: the chapter's horizontal axis.
    public let epochsDone: Double
    /// Of this update.
    public let learningRate: Double
    /// Whether this is one of the chapter's five points per epoch.
    public let isPoint: Bool
  }

  /// The results of a run.
  public struct Result: Sendable {
    public let last: EpochResult
    /// The epoch of the best accuracy on the images that are evaluated after each epoch; nil where there are none.
    public let best: EpochResult?
    /// Whether a callback stopped the run before its end; nothing was then evaluated after the last step.
    public let wasInterrupted: Bool
  }

  /// A batch of the test set with the model's predictions.
  public struct TestEvent {
    public let batch: LabeledBatch
    /// `[N, classes]`.
    public let logits: Tensor
    /// Averages since the evaluation began.
    public let metrics: Metrics
  }

  /// What a run reports, and when it stops.
  public struct Callbacks {
    public var onStep: (StepEvent) throws -> Void = { _ in }
    public var onTestBegin: () -> Void = {}
    public var onTestBatch: (TestEvent) -> Void = { _ in }
    /// The model has the weights that were tested: the average's, where one is kept. `isBest`: the test accuracy is
    /// higher than in every epoch before.
    public var onEpoch: (_ result: EpochResult, _ isBest: Bool) throws -> Void = { _, _ in }
    /// After each update and each epoch: what resuming from here needs in addition to the states of model, optimizer
    /// and average.
    public var onProgress: (TrainingProgress) throws -> Void = { _ in }
    /// Asked after every step and every test batch; true ends the run.
    public var shouldStop: () -> Bool = { false }

    public init() {}
  }
}
