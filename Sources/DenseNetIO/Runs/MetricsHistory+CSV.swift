import DenseNets

extension MetricsHistory {
  /// The points as a table with a header, in the order of their steps: `metrics.csv`. A field is empty where the point
  /// has no such number, or it is not finite.
  public var csv: String {
    let hasRanking = epochs.contains { $0.ranking != nil }
    let validates = epochs.contains { $0.validationLoss != nil || $0.validationAccuracy != nil }
    let part = validates ? "val" : "test"
    let heads =
      [
        "event", "epoch", "step", "train_loss", "train_accuracy", "learning_rate", "\(part)_loss", "\(part)_accuracy",
        "examples_per_second", "waiting_share", "seconds",
      ] + (hasRanking ? ["\(part)_mean_auroc", "\(part)_mean_average_precision"] : [])
    let trainRows = train.map { point in
      (
        point.step,
        row(
          "train", "\(point.epoch)", point.step,
          [point.loss, point.accuracy, point.learningRate, nil, nil, nil, nil, nil]
            + (hasRanking ? [nil, nil] : []))
      )
    }
    let epochRows = epochs.map { point in
      (
        point.step,
        row(
          "epoch", "\(point.epoch)", point.step,
          [
            point.trainLoss, point.trainAccuracy, nil, point.validationLoss ?? point.testLoss,
            point.validationAccuracy ?? point.testAccuracy, point.examplesPerSecond, point.waitingShare, point.seconds,
          ] + (hasRanking ? [point.ranking?.meanAUROC, point.ranking?.meanAveragePrecision] : []))
      )
    }
    // Swift's sort is stable: an epoch's end follows the points of its last step.
    let rows = (trainRows + epochRows).sorted { $0.0 < $1.0 }.map(\.1)
    return ([heads.joined(separator: ",")] + rows).map { $0 + "\n" }.joined()
  }

  private func row(_ event: String, _ epoch: String, _ step: Int, _ numbers: [Double?]) -> String {
    ([event, epoch, "\(step)"] + numbers.map { $0.flatMap(\.orNull)?.description ?? "" }).joined(separator: ",")
  }
}
