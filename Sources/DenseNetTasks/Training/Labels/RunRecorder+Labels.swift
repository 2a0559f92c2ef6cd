import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets

/// The last evaluation of images with several labels, and the thresholds that it chose.
struct LabelRecorder {
  /// `[N, labels]`.
  private var probabilities: [Double] = []
  /// Of the weights that were evaluated; nil: the usual ones.
  var thresholds: [Double]?

  var isEmpty: Bool { probabilities.isEmpty }

  mutating func begin() { probabilities = [] }

  /// - Parameter logits: `[N, labels]`.
  mutating func add(_ logits: Tensor) { probabilities += logits.sigmoidRows().joined() }

  /// The results for these images; nil where they are not those that were evaluated, or a logit was NaN.
  func evaluation(of images: any LabeledImages, usual: [Double]) -> MultiLabelEvaluation? {
    guard let matrix = images.labelMatrix, probabilities.count == matrix.values.count,
      !probabilities.contains(where: \.isNaN)
    else { return nil }
    return MultiLabelEvaluation(
      labelNames: images.classNames, probabilities: probabilities, values: matrix.values,
      thresholds: thresholds ?? usual, files: images.files)
  }
}

extension RunRecorder {
  /// The images that choose the best epoch and the thresholds.
  private var held: any LabeledImages { setup.selection }

  /// The model's weights, with the thresholds that were chosen for them.
  func weights(after result: EpochResult) -> WeightsFile {
    setup.weights(afterEpoch: result.epoch - 1, thresholds: labels.thresholds)
  }

  /// Chooses the thresholds by the evaluation that has just ended, where results choose them.
  func chooseThresholds() {
    guard setup.recipe.threshold == .bestF1, held.count > 0 else { return }
    labels.thresholds = labels.evaluation(of: held, usual: setup.usualThresholds)?.bestThresholds
  }

  /// Evaluates again where another process chose the thresholds.
  func requireThresholds(_ result: Trainer.Result) throws {
    guard setup.recipe.threshold == .bestF1, labels.thresholds == nil, held.count > 0 else { return }
    testBegins()
    _ = try setup.trainer.withTestedWeights {
      try setup.trainer.evaluate(setup.batches(of: held, inEpoch: result.last.epoch - 1), onBatch: { tested($0) })
    }
    chooseThresholds()
  }

  /// Writes the page and its tables, from the evaluation of the test images, where there are any.
  func finishLabelReport() throws {
    guard setup.test.count > 0, let evaluation = labels.evaluation(of: setup.test, usual: setup.usualThresholds) else {
      return try RunReport(folder: folder).write()
    }
    try RunReport(folder: folder).write(filesOf: evaluation)
    try RunReport(folder: folder).write()
  }
}
