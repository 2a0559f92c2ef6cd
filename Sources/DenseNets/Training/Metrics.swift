/// Sums of losses and of correct predictions over batches, as the chapter's `Accumulator` keeps them.
public struct Metrics: Sendable, Equatable, Codable {
  public private(set) var examples = 0
  public private(set) var correct = 0
  private var lossSum = 0.0
  /// What the mean losses of the batches counted for; nil: for their examples, as in all that older versions wrote.
  private var weightSum: Double?
  /// With several labels, the predictions that can be right; nil: the examples.
  private var decisions: Int?
  /// How well a test's labels are ranked; nil for images of one class, and in training.
  public internal(set) var ranking: LabelRanking?

  public init() {}

  /// - Parameter loss: the mean over the batch.
  public mutating func add(loss: Double, correct: Int, count: Int) {
    lossSum += loss * Double(count)
    self.correct += correct
    examples += count
  }

  /// Adds a batch of `count` images. A mean over known labels counts for these, any other for the images.
  public mutating func add(_ result: LossResult, count: Int) {
    guard let decided = result.decisions else {
      return add(loss: result.loss, correct: result.correct, count: count)
    }
    lossSum += result.loss * result.weight
    weightSum = (weightSum ?? 0) + result.weight
    decisions = (decisions ?? 0) + decided
    correct += result.correct
    examples += count
  }

  /// Adds the sums over other batches. How well labels are ranked does not follow from sums.
  public mutating func merge(_ other: Metrics) {
    lossSum += other.lossSum
    correct += other.correct
    examples += other.examples
    if let more = other.weightSum { weightSum = (weightSum ?? 0) + more }
    if let more = other.decisions { decisions = (decisions ?? 0) + more }
    ranking = nil
  }

  /// The mean over all examples, or over all known labels; NaN for none.
  public var loss: Double { lossSum / (weightSum ?? Double(examples)) }
  /// Correct predictions per example, or per known label; NaN for none.
  public var accuracy: Double { Double(correct) / Double(decisions ?? examples) }
  /// What tells the best epoch: the accuracy; for several labels the mean AUROC, where a label has one.
  public var score: Double { ranking?.meanAUROC ?? accuracy }
}
