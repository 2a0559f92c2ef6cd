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
  /// Nil on replicas that do not write.
  private let log: MetricsLog?
  private let events: EventWriter?
  private let resumedStep: Int
  private let began: ContinuousClock.Instant
  let warn: (String) -> Void
  private(set) var curves: LearningCurves
  private var warned: Set<String> = []
  /// Of the last evaluation of the test images: a row for each.
  var probabilities: [Float] = []
  /// The same of images with several labels, those for validation too.
  var labels = LabelRecorder()
  /// Of the training, where there are replicas.
  var communicationShare: Double?

  /// Writes what is known before the first step; a folder where that fails is left as it was.
  init(_ start: RunStart, _ setup: TrainingSetup, warn: @escaping (String) -> Void) throws {
    (folder, self.setup, self.warn) = (start.folder, setup, warn)
    began = ContinuousClock.now - .seconds(start.seconds)
    curves = LearningCurves(epochs: setup.recipe.epochs, title: "\(setup.chosen.name) on \(setup.train.name)")
    if setup.hasSeveralLabels { curves.heldOutMeasure = "AUROC" }
    if setup.validation != nil { curves.heldOut = "val" }
    resumedStep = start.progress.step
    guard start.writes else {
      (log, events) = (nil, nil)
      return
    }
    do {
      let isKnown = start.saved.map { start.change == nil && !setup.options.changesCheckpoints(of: $0) } ?? false
      if !isKnown { try folder.write(config: RunConfig(setup, saved: start.saved, change: start.change)) }
      let lastStep = start.progress.lastPointStep(in: setup.plan)
      if FileManager.default.fileExists(atPath: folder.metricsURL.path) {
        try MetricsHistory.truncate(folder.metricsURL, afterStep: lastStep, epochs: start.progress.completedEpochs)
      }
      log = try folder.openMetrics()
      let isNew = start.progress == TrainingProgress()
      let isFirst = isNew && !setup.options.startsOver
      events = try EventWriter(in: folder.url, resumedStep: isFirst ? nil : lastStep)
      if isNew { try events?.append(settings: try RunRecord(contentsOf: folder.url).settings) }
    } catch {
      start.lock?.release()
      folder.removeIfEmpty()
      throw error
    }
    curves.add(try MetricsHistory(contentsOf: folder.metricsURL))
  }

  /// Whether this process writes: of several replicas, the first.
  var writes: Bool { log != nil }
  /// The updates of earlier processes; nil: there are none.
  var resumedFromStep: Int? { resumedStep > 0 ? resumedStep : nil }

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
      probabilities += event.logits.rowProbabilities()
    }
  }

  /// The model has the weights that were tested.
  func epoch(_ result: EpochResult, isBest: Bool) {
    chooseThresholds()
    let isTested = result.test.examples > 0
    let (validates, held) = (setup.validation != nil, result.test)
    if isTested { curves.addTest(epoch: result.epoch, accuracy: held.score) }
    record(
      .epoch(
        epoch: result.epoch, step: result.step, trainLoss: result.train.loss, trainAccuracy: result.train.accuracy,
        testLoss: validates || !isTested ? nil : held.loss, testAccuracy: validates || !isTested ? nil : held.accuracy,
        examplesPerSecond: result.examplesPerSecond, waitingShare: result.waitingShare, seconds: seconds,
        validationLoss: validates ? held.loss : nil, validationAccuracy: validates ? held.accuracy : nil,
        ranking: held.ranking))
    guard writes else { return }
    attempt { try folder.write(curves: curves.svg()) }
    let weights = self.weights(after: result)
    guard Self.isSound(weights, testLoss: isTested ? held.loss : 0) else { return }
    attempt { try folder.write(weights: weights) }
    // An epoch that was cut may be completed later, and is then no longer the best.
    let isCut = result.step < result.epoch * setup.plan.stepsPerEpoch
    if isCut, isBest { attempt { try folder.keepEarlierBest() } }
    if isBest { attempt { try folder.write(best: weights) } }
    if !isCut { folder.dropEarlierBest() }
  }

  private func record(_ point: MetricPoint) {
    attempt {
      try log?.append(point)
      try events?.append(point)
    }
  }

  private func attempt(_ write: () throws -> Void) {
    do { try write() } catch {
      if warned.insert("\(error)").inserted { warn("\(error); training continues") }
    }
  }
}
