import DenseNets

extension MetricPoint {
  /// Parameter updates done when the point was taken.
  var step: Int {
    switch self {
    case .train(_, let step, _, _, _): step
    case .epoch(_, let step, _, _, _, _, _, _, _, _, _, _): step
    }
  }

  /// The point's numbers under the tags of TensorBoard's charts. An epoch's training averages are those of its last
  /// point, and are not told twice.
  var scalars: [(tag: String, value: Double)] {
    switch self {
    case .train(_, _, let loss, let accuracy, let learningRate):
      return [("train/loss", loss), ("train/accuracy", accuracy), ("learning_rate", learningRate)]
    case .epoch(
      _, _, _, _, let testLoss, let testAccuracy, let examplesPerSecond, let waitingShare, _, let validationLoss,
      let validationAccuracy, let ranking):
      let part = validationLoss == nil && validationAccuracy == nil ? "test" : "val"
      let test = [
        ("test/loss", testLoss), ("test/accuracy", testAccuracy), ("val/loss", validationLoss),
        ("val/accuracy", validationAccuracy), ("\(part)/mean_auroc", ranking?.meanAUROC),
        ("\(part)/mean_average_precision", ranking?.meanAveragePrecision),
      ]
      return test.compactMap { tag, value in value.map { (tag, $0) } }
        + [("examples_per_second", examplesPerSecond), ("waiting_share", waitingShare)]
    }
  }
}
