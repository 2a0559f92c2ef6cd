/// The mean over a batch of `−log softmax(logits)[label]`, as `torch.nn.CrossEntropyLoss`.
public struct CrossEntropyLoss: Sendable {
  public init() {}

  /// A batch's loss, and what follows from it.
  public struct Result: Sendable {
    /// The mean over the batch.
    public let loss: Double
    /// Rows whose greatest logit is the label's.
    public let correct: Int
    /// Of the mean loss, by the logits: `[N, classes]`; nil unless asked for.
    public let gradient: Tensor?
  }

  /// - Parameters:
  ///   - logits: `[N, classes]`.
  ///   - labels: N classes in `0..<classes`.
  public func callAsFunction(_ logits: Tensor, _ labels: [Int32], gradient wanted: Bool = true) -> Result {
    precondition(
      logits.rank == 2 && logits.shape[0] == labels.count && !labels.isEmpty,
      "expected logits [\(labels.count), classes], found \(logits.shape)")
    var gradient: [Float]? = wanted ? [Float](repeating: 0, count: logits.count) : nil
    let (losses, correct) = softmaxCrossEntropy(
      logits: logits.storage, labels: labels, classes: logits.shape[1], gradient: &gradient,
      scale: 1 / Float(labels.count))
    return Result(
      loss: losses.reduce(0, +) / Double(labels.count), correct: correct,
      gradient: gradient.map { Tensor(shape: logits.shape, storage: $0) })
  }
}
