/// The figures of a run over its epochs, for charts. Lists without points have no chart.
public struct RunCurves: Sendable, Equatable {
  /// The epochs that are planned for the run.
  public var epochs: Int
  /// Mean cross-entropy in nats over the training batches since the epoch began, some points per epoch.
  public var trainLoss: [LearningCurves.Point] = []
  /// What ``trainLoss`` has in it and ``testLoss`` has not, such as `label smoothing 0.1`.
  public var trainLossTerms: [String] = []
  /// From 0 to 1.
  public var trainAccuracy: [LearningCurves.Point] = []
  public var learningRate: [LearningCurves.Point] = []
  /// Over the test set, one point per epoch.
  public var testLoss: [LearningCurves.Point] = []
  /// From 0 to 1.
  public var testAccuracy: [LearningCurves.Point] = []
  /// Over the test set, where images have several labels each: means over the labels, from 0 to 1.
  public var meanAUROC: [LearningCurves.Point] = []
  public var meanAveragePrecision: [LearningCurves.Point] = []
  /// Of training, without evaluation.
  public var examplesPerSecond: [LearningCurves.Point] = []
  /// The share of the training time that was spent waiting for images, from 0 to 1.
  public var waitingShare: [LearningCurves.Point] = []

  /// What ``testLoss`` and ``testAccuracy`` are of: `test`, or `validation` where the best epoch is chosen on such images.
  public var heldOut = "test"

  public init(epochs: Int) { self.epochs = epochs }

  /// The epoch of the best test accuracy, the first of equal ones, and that accuracy; nil without any.
  public var best: LearningCurves.Point? { Self.best(of: testAccuracy) }
  /// The same of the mean AUROC.
  public var bestMeanAUROC: LearningCurves.Point? { Self.best(of: meanAUROC) }

  /// What tells the training loss from ``testLoss``; nil where both measure the same.
  var lossNote: String? {
    guard let last = trainLossTerms.last else { return nil }
    let before = trainLossTerms.dropLast().joined(separator: ", ")
    return
      "The training loss includes \(before.isEmpty ? last : "\(before) and \(last)"); the \(heldOut) loss is the plain "
      + "cross-entropy, so the two are not comparable."
  }

  /// The accuracy at the best epoch: of several labels, that of the best mean AUROC.
  var accuracyOfBest: LearningCurves.Point? {
    guard let epoch = bestMeanAUROC?.epoch else { return best }
    return testAccuracy.last { $0.epoch == epoch }
  }

  private static func best(of points: [LearningCurves.Point]) -> LearningCurves.Point? {
    points.filter(\.value.isFinite).reduce(nil) { best, point in
      best.map { $0.value >= point.value } == true ? best : point
    }
  }
}
