/// The chapter's plot: train loss, train accuracy and test accuracy against epochs.
///
/// ```swift
/// var curves = LearningCurves(epochs: 10, title: "d2l on fashion-mnist")
/// curves.addTrain(epoch: 0.2, loss: 1.21, accuracy: 0.56)   // five times an epoch
/// curves.addTest(epoch: 1, accuracy: 0.79)                  // at each epoch's end
/// let svg = curves.svg()
/// ```
public struct LearningCurves: Sendable, Equatable {
  /// A value at a time. A value that is not finite leaves a gap in its line.
  public struct Point: Sendable, Equatable {
    /// Epochs done, with the fraction of the current one.
    public var epoch: Double
    public var value: Double

    public init(epoch: Double, value: Double) {
      self.epoch = epoch
      self.value = value
    }
  }

  /// The chart's colours. PowerPoint and the like show the colours of `.light` for `.automatic`.
  public enum Theme: Sendable {
    /// Light, or dark where the viewer prefers that.
    case automatic
    case light
    case dark
  }

  /// The epochs that are planned for the run, which is where the horizontal axis ends.
  public var epochs: Int
  public var title: String?
  /// What ``testAccuracy`` measures, for legends: another share from 0 to 1 where images have several labels.
  public var heldOutMeasure = "acc"
  /// Mean cross-entropy in nats, since the epoch began.
  public var trainLoss: [Point] = []
  /// From 0 to 1, since the epoch began.
  public var trainAccuracy: [Point] = []
  /// From 0 to 1, over the test set, or what ``heldOut`` names.
  public var testAccuracy: [Point] = []
  /// What ``testAccuracy`` is of, in the legend: `test`, or `val` where the best epoch is chosen on other images.
  public var heldOut = "test"

  public init(epochs: Int, title: String? = nil) {
    self.epochs = epochs
    self.title = title
  }

  /// Adds one of an epoch's points of training.
  /// - Parameter epoch: epochs done, with the fraction of the current one: `epoch + (batch + 1) / batches`, from 0.
  public mutating func addTrain(epoch: Double, loss: Double, accuracy: Double) {
    trainLoss.append(Point(epoch: epoch, value: loss))
    trainAccuracy.append(Point(epoch: epoch, value: accuracy))
  }

  /// Adds the test accuracy after an epoch, counted from 1.
  public mutating func addTest(epoch: Int, accuracy: Double) {
    testAccuracy.append(Point(epoch: Double(epoch), value: accuracy))
  }

  /// The plot as an SVG document. Equal curves give equal text.
  ///
  /// As in the chapter, the horizontal axis begins at 1, so that the first epoch's steep fall does not flatten the
  /// rest; runs of one or two epochs are shown from 0. Loss and accuracy share one axis unless the losses exceed 2.5,
  /// when accuracy gets an axis of its own on the right.
  public func svg(theme: Theme = .automatic) -> String {
    CurveChart(self).svg(theme: theme)
  }
}
