/// Sums of losses and of correct predictions over batches, as the chapter's `Accumulator` keeps them.
public struct Metrics: Sendable, Equatable, Codable {
  public private(set) var examples = 0
  public private(set) var correct = 0
  private var lossSum = 0.0

  public init() {}

  /// - Parameter loss: the mean over the batch.
  public mutating func add(loss: Double, correct: Int, count: Int) {
    lossSum += loss * Double(count)
    self.correct += correct
    examples += count
  }

  /// Adds the sums over other batches.
  public mutating func merge(_ other: Metrics) {
    lossSum += other.lossSum
    correct += other.correct
    examples += other.examples
  }

  /// The mean over all examples; NaN for none.
  public var loss: Double { lossSum / Double(examples) }
  /// Correct predictions per example; NaN for none.
  public var accuracy: Double { Double(correct) / Double(examples) }
}
