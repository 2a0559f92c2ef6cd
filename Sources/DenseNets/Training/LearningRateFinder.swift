internal import Foundation

/// The learning-rate range test (Smith 2015, arXiv 1506.01186): one update at each of a series of rising rates, and the
/// loss before each.
///
/// The smoothed loss is fastai's: an exponential average of weight 0.98, corrected for its start. The test ends when it
/// exceeds four times its lowest.
public struct LearningRateFinder: Sendable {
  /// The rates of the first and the last update; those between rise by a constant factor.
  public let range: ClosedRange<Double>
  public let steps: Int

  /// - Precondition: there are at least ten steps, and the rates are positive.
  public init(range: ClosedRange<Double> = 1e-6...1, steps: Int = 100) {
    precondition(range.lowerBound > 0 && range.upperBound > range.lowerBound && steps >= 10)
    self.range = range
    self.steps = steps
  }

  public struct Point: Sendable, Equatable {
    public let learningRate: Double
    /// Of the batch, before its update.
    public let loss: Double
    public let smoothedLoss: Double
  }

  /// Peak learning rates that the points suggest.
  public struct Suggestion: Sendable, Equatable {
    /// Where the smoothed loss falls fastest along the logarithm of the rate.
    public let steepest: Double
    /// A tenth of the rate at which the smoothed loss is lowest: near the highest that is stable.
    public let minimumOverTen: Double
    /// Whether the smoothed loss falls by a twentieth at least; else the test says little.
    public let isClear: Bool
  }

  func learningRate(of step: Int) -> Double {
    range.lowerBound * pow(range.upperBound / range.lowerBound, Double(step) / Double(steps - 1))
  }

  /// Runs the test, which ruins the trainer's weights.
  /// - Parameters:
  ///   - batches: one per step; fewer end the test early.
  ///   - onPoint: called with each point; false ends the test.
  /// - Returns: the points up to where the loss grew too large or was not finite.
  /// - Throws: why batches ended early.
  public func run(
    _ trainer: Trainer, batches: some BatchSource, onPoint: (Point) -> Bool = { _ in true }
  ) throws -> [Point] {
    var points: [Point] = []
    var (average, lowest) = (0.0, Double.infinity)
    var iterator = batches.makeBatchIterator()
    while points.count < steps, let batch = try iterator.next() {
      let step = points.count
      trainer.optimizer.learningRate = learningRate(of: step)
      guard let loss = trainer.learn(batch), loss.isFinite else { return points }
      average = 0.98 * average + 0.02 * loss
      let smoothed = average / (1 - pow(0.98, Double(step + 1)))
      let point = Point(learningRate: trainer.optimizer.learningRate, loss: loss, smoothedLoss: smoothed)
      points.append(point)
      lowest = min(lowest, smoothed)
      if !onPoint(point) || smoothed > 4 * lowest { return points }
    }
    return points
  }

  /// The suggestion that follows from points; nil for fewer than ten.
  ///
  /// The first tenth is left out, where the smoothed loss is the mean of a few batches, and the steepest fall is looked
  /// for before the lowest point alone.
  public static func suggestion(from points: [Point]) -> Suggestion? {
    let first = points.count / 10
    guard points.count >= 10,
      let lowest = points.indices[first...].min(by: { points[$0].smoothedLoss < points[$1].smoothedLoss })
    else { return nil }
    // Differences over up to two steps on either side: a single batch's loss says little.
    func slope(_ i: Int) -> Double {
      let (a, b) = (points[max(first, i - 2)], points[min(points.count - 1, i + 2)])
      return (b.smoothedLoss - a.smoothedLoss) / log(b.learningRate / a.learningRate)
    }
    let steepest = (first...lowest).min { slope($0) < slope($1) }!
    return Suggestion(
      steepest: points[steepest].learningRate, minimumOverTen: points[lowest].learningRate / 10,
      isClear: points[lowest].smoothedLoss < 0.95 * points[first].smoothedLoss)
  }
}
