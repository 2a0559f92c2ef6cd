import DenseNetData
public import DenseNetIO
public import DenseNetReports
public import DenseNets

/// What happens in a training run, for a display. Each closure is called from the thread that trains, which waits for it.
///
/// ```swift
/// var events = TrainingEvents()
/// events.epochEnds = { result, _ in print("epoch \(result.epoch): \(result.test.accuracy)") }
/// ```
public struct TrainingEvents: Sendable {
  /// All is checked, and nothing is written yet.
  public var isReady: @Sendable (TrainingOverview) -> Void = { _ in }
  /// The folder is there.
  public var begins: @Sendable (TrainingStart) -> Void = { _ in }
  /// An epoch, from 0.
  public var epochBegins: @Sendable (_ epoch: Int) -> Void = { _ in }
  /// An update. `curves` have its point, where it is one of the chapter's five an epoch.
  public var stepped: @Sendable (_ event: Trainer.StepEvent, _ curves: LearningCurves) -> Void = { _, _ in }
  /// The images that are evaluated after each epoch: those for validation, or where there are two parts, for testing.
  public var testBegins: @Sendable () -> Void = {}
  /// The test images of three parts, at the end of the run.
  public var finalTestBegins: @Sendable () -> Void = {}
  /// A batch of these images; averages since the test began.
  public var tested: @Sendable (_ metrics: Metrics) -> Void = { _ in }
  public var epochEnds: @Sendable (_ result: EpochResult, _ curves: LearningCurves) -> Void = { _, _ in }
  /// Training is over, well or not; the last files are still to be written.
  public var ends: @Sendable () -> Void = {}

  public init() {}
}

/// What a run is about.
public struct TrainingOverview: Sendable {
  public let model: String
  public let dataset: String
  /// For a person to read: `images of 3 classes from photos`.
  public let origin: String
  public let trainImages: Int
  public let testImages: Int
  /// Nil where there are two parts.
  public let validationImages: Int?
  public let recipe: Recipe
  /// Whether images have several labels each.
  public let hasSeveralLabels: Bool
  /// Updates after which the run stops, if it has not ended before.
  public let maxSteps: Int?

  init(_ setup: TrainingSetup) {
    (model, dataset, origin) = (setup.chosen.name, setup.train.name, setup.origin)
    (trainImages, testImages) = (setup.train.count, setup.test.count)
    validationImages = setup.validation?.count
    (recipe, maxSteps) = (setup.recipe, setup.options.maxSteps)
    hasSeveralLabels = setup.hasSeveralLabels
  }
}

/// Where a run begins.
public struct TrainingStart: Sendable {
  public let folder: RunDirectory
  /// How far an earlier process had come.
  public let progress: TrainingProgress
  /// What a person should know, a line each.
  public let notes: [String]
}

/// What a complete run has left.
public struct TrainingOutcome: Sendable {
  /// `model.safetensors`, `report.html` and the others.
  public let folder: RunDirectory
  /// As in `summary.json`: accuracies from 0 to 1, losses in nats, times in seconds.
  public let summary: RunSummary
  /// Whether the run to resume was complete already, and nothing was done.
  public let wasComplete: Bool
}

/// The monitor stopped a run; its folder has the weights and a checkpoint of the last update.
public struct TrainingInterruption: Error, Sendable, CustomStringConvertible {
  public let folder: RunDirectory
  /// Updates so far.
  public let step: Int
  /// From 1.
  public let epoch: Int

  public var description: String { "interrupted after step \(step) in epoch \(epoch)" }
}

extension TrainingOverview {
  /// What a person reads of an epoch that has ended.
  package func line(of result: EpochResult) -> String {
    let part = validationImages == nil ? "test" : "val"
    let accuracy = "\(part) acc \(TextFormat.fixed(result.test.accuracy, decimals: 3))"
    let held = (result.test.ranking?.line(part) ?? accuracy) + ", "
    return "\(name(ofEpoch: result.epoch - 1))  loss \(TextFormat.fixed(result.train.loss, decimals: 3)), "
      + "train acc \(TextFormat.fixed(result.train.accuracy, decimals: 3)), "
      + (result.test.examples == 0 ? "" : held)
      + "\(TextFormat.fixed(result.examplesPerSecond, decimals: 1)) examples/s"
  }
}
