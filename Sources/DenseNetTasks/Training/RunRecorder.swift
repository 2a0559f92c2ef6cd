import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// Writes down what happens in a run: points, events for TensorBoard, curves and weights.
///
/// What is written on the way is written again at the end, so that a file that cannot be written is reported, once, and does
/// not stop the training: a disk that is full for a while costs points, not hours.
final class RunRecorder {
  let folder: RunDirectory
  let setup: TrainingSetup
  private let log: MetricsLog
  private let events: EventWriter
  private let began: ContinuousClock.Instant
  private let warn: (String) -> Void
  private(set) var curves: LearningCurves
  private var warned: Set<String> = []
  /// Of the last evaluation: a row for each image.
  private(set) var probabilities: [Float] = []
  /// The same of images with several labels.
  var labels = LabelRecorder()

  /// Writes what is known before the first step; a folder where that fails is left as it was.
  init(_ start: RunStart, _ setup: TrainingSetup, warn: @escaping (String) -> Void) throws {
    (folder, self.setup, self.warn) = (start.folder, setup, warn)
    began = ContinuousClock.now - .seconds(start.seconds)
    curves = LearningCurves(epochs: setup.recipe.epochs, title: "\(setup.chosen.name) on \(setup.train.name)")
    if setup.hasSeveralLabels { curves.testMeasure = "test AUROC" }
    do {
      if try SavedRun(contentsOf: folder.url) == nil { try folder.write(config: RunConfig(setup)) }
      if FileManager.default.fileExists(atPath: folder.metricsURL.path) {
        try MetricsHistory.truncate(
          folder.metricsURL, afterStep: start.progress.step, epochs: start.progress.last?.epoch ?? 0)
      }
      log = try folder.openMetrics()
      let isNew = start.progress == TrainingProgress()
      events = try EventWriter(in: folder.url, resumedStep: isNew ? nil : start.progress.step)
      if isNew { try events.append(settings: try RunRecord(contentsOf: folder.url).settings) }
    } catch {
      folder.removeIfEmpty()
      throw error
    }
    curves.add(try MetricsHistory(contentsOf: folder.metricsURL))
  }

  /// Since the run began, those of earlier processes included.
  var seconds: Double { (ContinuousClock.now - began).inSeconds }

  func step(_ event: Trainer.StepEvent) {
    guard event.isPoint else { return }
    curves.addTrain(epoch: event.epochsDone, loss: event.metrics.loss, accuracy: event.metrics.accuracy)
    record(
      .train(
        epoch: event.epochsDone, step: event.step, loss: event.metrics.loss, accuracy: event.metrics.accuracy,
        learningRate: event.learningRate))
  }

  func testBegins() {
    probabilities = []
    labels.begin()
  }

  func tested(_ event: Trainer.TestEvent) {
    if setup.hasSeveralLabels {
      labels.add(event.logits)
    } else {
      probabilities += softmaxRows(event.logits)
    }
  }

  /// The model has the weights that were tested.
  func epoch(_ result: EpochResult, isBest: Bool) {
    chooseThresholds()
    curves.addTest(epoch: result.epoch, accuracy: result.test.score)
    record(
      .epoch(
        epoch: result.epoch, step: result.step, trainLoss: result.train.loss, trainAccuracy: result.train.accuracy,
        testLoss: result.test.loss, testAccuracy: result.test.accuracy, examplesPerSecond: result.examplesPerSecond,
        waitingShare: result.waitingShare, seconds: seconds, ranking: result.test.ranking))
    attempt { try folder.write(curves: curves.svg()) }
    let weights = weights
    guard Self.isSound(weights, testLoss: result.test.loss) else { return }
    attempt { try folder.write(weights: weights) }
    if isBest { attempt { try folder.write(best: weights) } }
  }

  private func record(_ point: MetricPoint) {
    attempt {
      try log.append(point)
      try events.append(point)
    }
  }

  private func attempt(_ write: () throws -> Void) {
    do { try write() } catch {
      if warned.insert("\(error)").inserted { warn("\(error); training continues") }
    }
  }
}

/// The softmax of each row of logits `[N, classes]`, row after row.
private func softmaxRows(_ logits: Tensor) -> [Float] {
  let classes = logits.shape[1]
  let values = logits.values
  return stride(from: 0, to: values.count, by: classes).flatMap { start in
    let row = values[start..<start + classes]
    let greatest = row.max() ?? 0
    let exponentials = row.map { exp($0 - greatest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
