import DenseNets

extension MetricsHistory {
  /// The points as a table with a header, in the order of their steps: `metrics.csv`. A field is empty where the point
  /// has no such number, or it is not finite.
  public var csv: String {
    let hasRanking = epochs.contains { $0.ranking != nil }
    let heads =
      [
        "event", "epoch", "step", "train_loss", "train_accuracy", "learning_rate", "test_loss", "test_accuracy",
        "examples_per_second", "waiting_share", "seconds",
      ] + (hasRanking ? ["test_mean_auroc", "test_mean_average_precision"] : [])
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
            point.trainLoss, point.trainAccuracy, nil, point.testLoss, point.testAccuracy, point.examplesPerSecond,
            point.waitingShare, point.seconds,
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
