public import DenseNets

/// One line of `metrics.jsonl`.
public enum MetricPoint: Sendable, Equatable {
  /// One of the chapter's five points an epoch: averages since the epoch began.
  /// - epoch: epochs done, with the fraction of the current one, as on the chapter's horizontal axis.
  /// - step: parameter updates done in the whole run.
  /// - learningRate: of the last update.
  case train(epoch: Double, step: Int, loss: Double, accuracy: Double, learningRate: Double)
  /// The end of an epoch.
  /// - epoch: from 1.
  /// - testLoss: nil when the test set was not evaluated, and so for `testAccuracy`.
  /// - validationLoss: of the validation images, where there are three parts, and so for `validationAccuracy`; then the
  ///   test images are not evaluated here.
  /// - examplesPerSecond: of training, without evaluation.
  /// - waitingShare: the part of the epoch's training time that was spent waiting for images, 0 to 1.
  /// - seconds: wall-clock time since the run began.
  /// - ranking: of the labels of the test set, or of the validation set where there is one; nil for images of one class.
  case epoch(
    epoch: Int, step: Int, trainLoss: Double, trainAccuracy: Double, testLoss: Double?, testAccuracy: Double?,
    examplesPerSecond: Double, waitingShare: Double, seconds: Double, validationLoss: Double? = nil,
    validationAccuracy: Double? = nil, ranking: LabelRanking? = nil)

  /// The point as a JSON object on one line, without a line feed. A number that is not finite is `null`.
  package var jsonLine: String {
    switch self {
    case .train(let epoch, let step, let loss, let accuracy, let learningRate):
      return object([
        ("event", quoted("train")), ("epoch", json(epoch)), ("step", "\(step)"), ("train_loss", json(loss)),
        ("train_accuracy", json(accuracy)), ("learning_rate", json(learningRate)),
      ])
    case .epoch(
      let epoch, let step, let trainLoss, let trainAccuracy, let testLoss, let testAccuracy, let examplesPerSecond,
      let waitingShare, let seconds, let validationLoss, let validationAccuracy, let ranking):
      let part = validationLoss == nil && validationAccuracy == nil ? "test" : "val"
      let means = ranking.map {
        [
          ("\(part)_mean_auroc", json($0.meanAUROC)),
          ("\(part)_mean_average_precision", json($0.meanAveragePrecision)),
        ]
      }
      return object(
        [
          ("event", quoted("epoch")), ("epoch", "\(epoch)"), ("step", "\(step)"), ("train_loss", json(trainLoss)),
          ("train_accuracy", json(trainAccuracy)), ("\(part)_loss", json(validationLoss ?? testLoss)),
          ("\(part)_accuracy", json(validationAccuracy ?? testAccuracy)),
          ("examples_per_second", json(examplesPerSecond)), ("waiting_share", json(waitingShare)),
          ("seconds", json(seconds)),
        ] + (means ?? []))
    }
  }
}

private func json(_ number: Double?) -> String {
  number.flatMap(\.orNull)?.description ?? "null"
}

private func object(_ members: [(key: String, value: String)]) -> String {
  "{" + members.map { "\(quoted($0.key)):\($0.value)" }.joined(separator: ",") + "}"
}
