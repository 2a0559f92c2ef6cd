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

  /// - Parameters:
  ///   - loss: the mean over the batch.
  ///   - weight: what that mean counts for among those of other batches, such as the sum of its labels' class weights;
  ///     nil: its examples.
  public mutating func add(loss: Double, correct: Int, count: Int, weight: Double? = nil) {
    merge(Metrics(lossSum: loss * (weight ?? Double(count)), correct: correct, examples: count, weight: weight))
  }

  /// Adds a batch of `count` images.
  public mutating func add(_ result: LossResult, count: Int) {
    add(loss: result.loss, correct: result.correct, count: count, weight: result.weight)
    if let more = result.decisions { decisions = (decisions ?? 0) + more }
  }

  /// Adds the sums over other batches. How well labels are ranked does not follow from sums.
  public mutating func merge(_ other: Metrics) {
    if weightSum != nil || other.weightSum != nil { weightSum = weight + other.weight }
    if let more = other.decisions { decisions = (decisions ?? 0) + more }
    lossSum += other.lossSum
    correct += other.correct
    examples += other.examples
    ranking = nil
  }

  private init(lossSum: Double, correct: Int, examples: Int, weight: Double?) {
    (self.lossSum, self.correct, self.examples) = (lossSum, correct, examples)
    if let weight, weight != Double(examples) { weightSum = weight }
  }

  private var weight: Double { weightSum ?? Double(examples) }

  /// The mean over all examples, each by its weight, or over all known labels; NaN for none.
  public var loss: Double { lossSum / weight }
  /// Correct predictions per example, or per known label; NaN for none.
  public var accuracy: Double { Double(correct) / Double(decisions ?? examples) }
  /// What tells the best epoch: the accuracy; for several labels the mean AUROC, where a label has one.
  public var score: Double { ranking?.meanAUROC ?? accuracy }
}
