extension Trainer {
  /// Where training stands after an update.
  public struct StepEvent: Sendable {
    /// From 0.
    public let epoch: Int
    /// Batches in this epoch, and updates in all.
    public let batch: Int
    public let step: Int
    /// Averages since the epoch began.
    public let metrics: Metrics
    /// Epochs done, with the fraction of this one: the chapter's horizontal axis.
    public let epochsDone: Double
    /// Of this update.
    public let learningRate: Double
    /// Whether this is one of the chapter's five points an epoch.
    public let isPoint: Bool
  }

  /// What a run came to: its last epoch.
  public struct Result: Sendable {
    public let last: EpochResult
    /// The epoch of the best test accuracy; nil where none was tested.
    public let best: EpochResult?
    /// Whether a callback stopped the run before its end; then nothing was evaluated after the last step.
    public let wasInterrupted: Bool
  }

  /// A batch of the test set, answered.
  public struct TestEvent {
    public let batch: LabeledBatch
    /// `[N, classes]`.
    public let logits: Tensor
    /// Averages since the evaluation began.
    public let metrics: Metrics
  }

  /// What to be told, and when to stop.
  public struct Callbacks {
    public var onStep: (StepEvent) throws -> Void = { _ in }
    public var onTestBegin: () -> Void = {}
    public var onTestBatch: (TestEvent) -> Void = { _ in }
    /// The model has the weights that were tested: the average's, where one is kept. `isBest`: no epoch before had a test
    /// accuracy as high.
    public var onEpoch: (_ result: EpochResult, _ isBest: Bool) throws -> Void = { _, _ in }
    /// After each update and each epoch: what a run that is to go on from here needs besides the states of model,
    /// optimizer and average.
    public var onProgress: (TrainingProgress) throws -> Void = { _ in }
    /// Asked after every step and every test batch; true ends the run.
    public var shouldStop: () -> Bool = { false }

    public init() {}
  }
}
