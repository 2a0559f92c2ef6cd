import DenseNetIO
import DenseNetReports
import DenseNets

extension LearningCurves {
  /// Adds the points of a run that is resumed.
  mutating func add(_ history: MetricsHistory) {
    for point in history.train { addTrain(epoch: point.epoch, loss: point.loss, accuracy: point.accuracy) }
    for point in history.epochs {
      guard let accuracy = point.validationAccuracy ?? point.testAccuracy else { continue }
      addTest(epoch: point.epoch, accuracy: point.ranking?.meanAUROC ?? accuracy)
    }
  }
}
