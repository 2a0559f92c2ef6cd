public import DenseNets
public import Foundation

/// The points of a run, read back from `metrics.jsonl`.
///
/// A number that is `null` in the file is NaN here. A last line that is incomplete, as a killed process leaves it, is
/// left out, and so are keys that this version does not know.
public struct MetricsHistory: Sendable, Equatable {
  /// One of the chapter's five points an epoch: averages since the epoch began.
  public struct TrainPoint: Sendable, Equatable {
    /// Epochs done, with the fraction of the current one.
    public var epoch: Double
    /// Parameter updates done in the whole run.
    public var step: Int
    public var loss: Double
    public var accuracy: Double
    /// Of this step; nil in files that do not say.
    public var learningRate: Double?

    public init(epoch: Double, step: Int, loss: Double, accuracy: Double, learningRate: Double? = nil) {
      (self.epoch, self.step, self.loss, self.accuracy) = (epoch, step, loss, accuracy)
      self.learningRate = learningRate
    }
  }

  /// The end of an epoch.
  public struct EpochPoint: Sendable, Equatable {
    /// From 1.
    public var epoch: Int
    public var step: Int
    public var trainLoss: Double
    public var trainAccuracy: Double
    /// Nil when the test set was not evaluated, and so for `testAccuracy`.
    public var testLoss: Double?
    public var testAccuracy: Double?
    /// Of the validation images, where there are three parts; nil elsewhere, and so for `validationAccuracy`.
    public var validationLoss: Double?
    public var validationAccuracy: Double?
    /// Of training, without evaluation.
    public var examplesPerSecond: Double
    /// Wall-clock time since the run began.
    public var seconds: Double
    /// The share of the training time that was spent waiting for images; nil in files that do not say.
    public var waitingShare: Double?
    /// Of the test set's labels; nil for images of one class.
    public var ranking: LabelRanking?

    public init(
      epoch: Int, step: Int, trainLoss: Double, trainAccuracy: Double, testLoss: Double? = nil,
      testAccuracy: Double? = nil, examplesPerSecond: Double, seconds: Double, waitingShare: Double? = nil,
      validationLoss: Double? = nil, validationAccuracy: Double? = nil, ranking: LabelRanking? = nil
    ) {
      (self.validationLoss, self.validationAccuracy) = (validationLoss, validationAccuracy)
      (self.epoch, self.step, self.trainLoss, self.trainAccuracy) = (epoch, step, trainLoss, trainAccuracy)
      (self.testLoss, self.testAccuracy, self.waitingShare) = (testLoss, testAccuracy, waitingShare)
      (self.examplesPerSecond, self.seconds, self.ranking) = (examplesPerSecond, seconds, ranking)
    }
  }

  /// In the file's order.
  public var train: [TrainPoint]
  public var epochs: [EpochPoint]

  public init(train: [TrainPoint] = [], epochs: [EpochPoint] = []) {
    (self.train, self.epochs) = (train, epochs)
  }

  /// The last update that a point records; 0 without points.
  public var lastStep: Int { max(train.last?.step ?? 0, epochs.last?.step ?? 0) }
}

// MARK: Reading

extension MetricsHistory {
  /// - Throws: `Failure(.missingInput)` where there is no file, `Failure(.invalidData)` with the line's number where a
  ///   line is no point.
  public init(contentsOf url: URL) throws(Failure) {
    self.init()
    for line in try MetricsLine.lines(of: url) {
      switch line.point {
      case .train(let point): train.append(point)
      case .epoch(let point): epochs.append(point)
      }
    }
  }

  /// Drops the points of a `metrics.jsonl` that lie after an update, and an incomplete last line, so that a run can be
  /// resumed from there. What stays is the same to the byte; the file is replaced in one piece, or left alone where
  /// nothing is to be dropped.
  /// - Parameters:
  ///   - step: the last update whose points stay.
  ///   - epochs: how many epochs' ends stay, for a run that was stopped between an epoch's last update and its
  ///     evaluation; nil: those up to `step`.
  /// - Throws: as ``init(contentsOf:)``, and `Failure(.inputOutput)`.
  package static func truncate(_ url: URL, afterStep step: Int, epochs: Int? = nil) throws(Failure) {
    let kept = try MetricsLine.lines(of: url).filter { line in
      switch line.point {
      case .train(let point): point.step <= step
      case .epoch(let point): point.step <= step && point.epoch <= epochs ?? .max
      }
    }
    var data = Data()
    for line in kept { data.append(line.text + Data("\n".utf8)) }
    if data != (try InputData.read(url)) { try AtomicFile.write(data, to: url) }
  }
}
