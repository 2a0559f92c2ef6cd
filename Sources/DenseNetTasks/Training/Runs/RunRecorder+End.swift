import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// What a run leaves at its end.
extension RunRecorder {
  /// Saves what there is of a run that failed, as far as that is possible.
  func abandon() {
    guard writes else { return }
    try? folder.write(curves: curves.svg())
    try? RunReport(folder: folder).write()
  }

  /// Writes curves and weights for good.
  /// - Throws: `Failure(.invalidData)` where training has diverged, `Failure(.inputOutput)`.
  func finishWeights(_ result: Trainer.Result) throws {
    if writes { try folder.write(curves: curves.svg()) }
    // Thresholds belong to the weights that they were chosen for.
    if result.wasInterrupted { labels.thresholds = nil }
    let weights = setup.trainer.withTestedWeights { self.weights(after: result.last) }
    let held = result.last.test
    guard Self.isSound(weights, testLoss: result.wasInterrupted || held.examples == 0 ? 0 : held.loss) else {
      throw Failure(
        .invalidData,
        "the weights or the test loss are no longer finite after step \(result.last.step): training diverged; use a smaller learning rate; settings, metrics and curves are in \(folder.url.relativePath)",
        settings: ["learningRate"])
    }
    if writes { try folder.write(weights: weights) }
  }

  /// The results on the test images of the last weights and of those of the best epoch.
  struct Tests {
    var last: Metrics
    /// Nil where those weights can no longer be read.
    var best: Metrics?
  }

  /// Tests the weights, where that was not done after the last epoch by this process: the test images of three parts are
  /// tested on once, at the end.
  /// - Parameter test: an evaluation of the model's present weights.
  /// - Throws: what `test` throws.
  func finishTests(_ result: Trainer.Result, _ test: () throws -> Metrics) throws -> Tests {
    guard setup.validation != nil else {
      let isUntested = setup.hasSeveralLabels ? labels.isEmpty : probabilities.isEmpty
      if isUntested, setup.test.count > 0 { _ = try setup.trainer.withTestedWeights { try test() } }
      return Tests(last: result.last.test, best: result.best?.test)
    }
    testBegins()
    var tests = Tests(last: try setup.trainer.withTestedWeights { try test() })
    if result.best == result.last {
      tests.best = tests.last
    } else if case .success(let best) = Result(catching: {
      try setup.team.first { try WeightsFile(contentsOf: folder.bestURL) }
    }) {
      let (own, rows, kept) = (WeightsFile(stateOf: setup.model), probabilities, labels)
      do {
        _ = try setup.team.first { try best?.load(into: setup.model) }
        setup.team.share(setup.model)
        tests.best = try test()
      } catch let failure as Failure { warn("\(failure); the best epoch's weights are not tested") }
      try own.load(into: setup.model)
      (probabilities, labels) = (rows, kept)
    }
    return tests
  }

  /// Writes the results.
  /// - Returns: what was written.
  func finishSummary(_ result: Trainer.Result, _ tests: Tests) throws -> RunSummary {
    let (last, best, options) = (result.last, result.best, setup.options)
    let validates = setup.validation != nil
    var summary = RunSummary(
      model: setup.chosen.name, dataset: setup.train.name, trainLoss: last.train.loss,
      trainAccuracy: last.train.accuracy, testLoss: tests.last.loss, testAccuracy: tests.last.accuracy,
      bestTestAccuracy: tests.best?.accuracy ?? (validates ? .nan : tests.last.accuracy),
      bestEpoch: best?.epoch ?? last.epoch, examplesPerSecond: last.examplesPerSecond,
      parameters: setup.model.parameterCount, epochs: setup.recipe.epochs, steps: last.step,
      batchSize: setup.recipe.batchSize, precision: options.compute.precision.rawValue, threads: setup.device.threads,
      seed: options.seed, seconds: seconds)
    if validates {
      (summary.validationLoss, summary.validationAccuracy) = (last.test.loss, last.test.accuracy)
      summary.bestValidationAccuracy = best?.test.accuracy
      summary.validationMeanAUROC = last.test.ranking?.meanAUROC
      summary.bestValidationMeanAUROC = best?.test.ranking?.meanAUROC
    }
    if let ranking = tests.last.ranking {
      (summary.meanAUROC, summary.meanAveragePrecision) = (ranking.meanAUROC, ranking.meanAveragePrecision)
      summary.bestMeanAUROC = tests.best?.ranking?.meanAUROC
    }
    if let replicas = setup.team.replicas {
      (summary.ranks, summary.communicationShare) = (replicas.count, communicationShare)
    }
    summary.resumedFromStep = resumedFromStep
    if writes { try folder.write(summary: summary) }
    return summary
  }

  /// Writes the page and its tables, from the evaluation of the test images, where there are any.
  func finishReport() throws {
    guard writes else { return }
    if setup.hasSeveralLabels { return try finishLabelReport() }
    let (count, classes) = (setup.test.count, setup.test.numClasses)
    guard count > 0 else { return try RunReport(folder: folder).write() }
    let evaluation = Evaluation(
      probabilities: Tensor(shape: [count, classes], values: probabilities), labels: setup.test.labels.map(Int.init),
      classNames: setup.test.classNames, files: setup.test.files)
    try RunReport(folder: folder).write(evaluation) { index in
      try setup.test.image(at: index).thumbnail(side: 96).pngData()
    }
  }

  /// Whether training has not diverged.
  static func isSound(_ weights: WeightsFile, testLoss: Double) -> Bool {
    testLoss.isFinite && (try? weights.requireFinite()) != nil
  }
}
