import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

/// What a run leaves at its end.
extension RunRecorder {
  /// Saves what there is of a run that failed, as far as that is possible.
  func abandon() {
    try? folder.write(curves: curves.svg())
    try? RunReport(folder: folder).write()
  }

  /// Writes curves and weights for good.
  /// - Throws: `Failure(.invalidData)` where training has diverged, `Failure(.inputOutput)`.
  func finishWeights(_ result: Trainer.Result) throws {
    try folder.write(curves: curves.svg())
    // Thresholds belong to the weights that they were chosen for.
    if result.wasInterrupted { labels.thresholds = nil } else { try requireThresholds() }
    let weights = setup.trainer.withTestedWeights { self.weights }
    guard Self.isSound(weights, testLoss: result.wasInterrupted ? 0 : result.last.test.loss) else {
      throw Failure(
        .invalidData,
        "the weights or the test loss are no longer finite after step \(result.last.step): training diverged; use a smaller learning rate; settings, metrics and curves are in \(folder.url.relativePath)",
        settings: ["learningRate"])
    }
    try folder.write(weights: weights)
  }

  /// Writes the results.
  /// - Returns: what was written.
  func finishSummary(_ result: Trainer.Result) throws -> RunSummary {
    let (last, options) = (result.last, setup.options)
    var summary = RunSummary(
      model: setup.chosen.name, dataset: setup.train.name, trainLoss: last.train.loss,
      trainAccuracy: last.train.accuracy, testLoss: last.test.loss, testAccuracy: last.test.accuracy,
      bestTestAccuracy: result.best?.test.accuracy ?? last.test.accuracy, bestEpoch: result.best?.epoch ?? last.epoch,
      examplesPerSecond: last.examplesPerSecond, parameters: setup.model.parameterCount, epochs: setup.recipe.epochs,
      steps: last.step, batchSize: setup.recipe.batchSize, precision: options.compute.precision.rawValue,
      threads: setup.device.threads, seed: options.seed, seconds: seconds)
    if setup.hasSeveralLabels {
      summary.meanAUROC = last.test.ranking?.meanAUROC
      summary.meanAveragePrecision = last.test.ranking?.meanAveragePrecision
      summary.bestMeanAUROC = result.best?.test.ranking?.meanAUROC
    }
    try folder.write(summary: summary)
    return summary
  }

  /// Writes the page and its tables, from the last evaluation, or from a new one where another process made that.
  func finishReport() throws {
    if setup.hasSeveralLabels { return try finishLabelReport() }
    if probabilities.isEmpty {
      _ = try setup.trainer.withTestedWeights {
        try setup.trainer.evaluate(setup.testBatches(), onBatch: { tested($0) })
      }
    }
    let (count, classes) = (setup.test.count, setup.test.numClasses)
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
