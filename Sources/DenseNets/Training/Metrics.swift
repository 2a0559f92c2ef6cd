/// Sums of losses and of correct predictions over batches, as the chapter's `Accumulator` keeps them.
public struct Metrics: Sendable, Equatable, Codable {
  public private(set) var examples = 0
  public private(set) var correct = 0
  private var lossSum = 0.0
  /// What the mean losses of the batches counted for; nil: for their examples, as in all that older versions wrote.
  private var weightSum: Double?

  public init() {}

  /// - Parameters:
  ///   - loss: the mean over the batch.
  ///   - weight: what that mean counts for among those of other batches, such as the sum of its labels' class weights;
  ///     nil: its examples.
  public mutating func add(loss: Double, correct: Int, count: Int, weight: Double? = nil) {
    merge(Metrics(lossSum: loss * (weight ?? Double(count)), correct: correct, examples: count, weight: weight))
  }

  /// Adds the sums over other batches.
  public mutating func merge(_ other: Metrics) {
    if weightSum != nil || other.weightSum != nil { weightSum = weight + other.weight }
    lossSum += other.lossSum
    correct += other.correct
    examples += other.examples
  }

  private init(lossSum: Double, correct: Int, examples: Int, weight: Double?) {
    (self.lossSum, self.correct, self.examples) = (lossSum, correct, examples)
    if let weight, weight != Double(examples) { weightSum = weight }
  }

  private var weight: Double { weightSum ?? Double(examples) }

  /// The mean over all examples, each by its weight; NaN for none.
  public var loss: Double { lossSum / weight }
  /// Correct predictions per example; NaN for none.
  public var accuracy: Double { Double(correct) / Double(examples) }
}
