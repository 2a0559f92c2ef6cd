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
  private var held: any LabeledImages { setup.test }
  private var heldBatches: BatchLoader { setup.testBatches() }

  /// The model's weights, with the thresholds that were chosen for them.
  var weights: WeightsFile { setup.weights(thresholds: labels.thresholds) }

  /// Chooses the thresholds by the evaluation that has just ended, where results choose them.
  func chooseThresholds() {
    guard setup.recipe.threshold == .bestF1 else { return }
    labels.thresholds = labels.evaluation(of: held, usual: setup.usualThresholds)?.bestThresholds
  }

  /// Evaluates again where another process chose the thresholds.
  func requireThresholds() throws {
    guard setup.recipe.threshold == .bestF1, labels.thresholds == nil else { return }
    try evaluate(heldBatches)
    chooseThresholds()
  }

  /// Writes the page and its tables, from the last evaluation, or from a new one where another process made that.
  func finishLabelReport() throws {
    let usual = setup.usualThresholds
    if labels.evaluation(of: setup.test, usual: usual) == nil { try evaluate(setup.testBatches()) }
    guard let evaluation = labels.evaluation(of: setup.test, usual: usual) else { return }
    try RunReport(folder: folder).write(evaluation)
  }

  private func evaluate(_ batches: BatchLoader) throws {
    testBegins()
    _ = try setup.trainer.withTestedWeights { try setup.trainer.evaluate(batches, onBatch: { tested($0) }) }
  }
}
