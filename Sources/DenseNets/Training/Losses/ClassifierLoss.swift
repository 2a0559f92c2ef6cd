/// What a ``Trainer`` minimises: a loss of a network's logits for the labels of a batch.
public protocol ClassifierLoss: Sendable {
  /// The loss by which networks are compared: without smoothing and weights.
  func evaluated(_ logits: Tensor, _ batch: LabeledBatch) -> LossResult

  /// The loss to learn from, and the gradient of its mean by the logits, `[N, outputs]`.
  func lossAndGradient(_ logits: Tensor, _ batch: LabeledBatch) -> (result: LossResult, gradient: Tensor)
}

/// A batch's loss.
public struct LossResult: Sendable, Equatable {
  /// The mean over the batch.
  public let loss: Double
  /// Right predictions: rows whose greatest logit is the label's; for several labels, known labels on whose side of 0
  /// the logit is.
  public let correct: Int
  /// What the mean counts for among those of other batches: the rows, or the sum of their labels' class weights; for
  /// several labels, the sum of the mask.
  public let weight: Double
  /// Predictions that can be right; nil: one per row.
  public let decisions: Int?

  public init(loss: Double, correct: Int, weight: Double, decisions: Int? = nil) {
    (self.loss, self.correct, self.weight, self.decisions) = (loss, correct, weight, decisions)
  }
}

extension CrossEntropyLoss: ClassifierLoss {
  public func evaluated(_ logits: Tensor, _ batch: LabeledBatch) -> LossResult {
    CrossEntropyLoss()(logits, batch.labels)
  }

  public func lossAndGradient(_ logits: Tensor, _ batch: LabeledBatch) -> (result: LossResult, gradient: Tensor) {
    lossAndGradient(logits, batch.labels, targets: batch.targets)
  }
}
