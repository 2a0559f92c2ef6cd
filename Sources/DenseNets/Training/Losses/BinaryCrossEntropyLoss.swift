internal import Foundation

/// The mean over all known labels of the binary cross-entropy of their logits, as `torch.nn.BCEWithLogitsLoss`.
///
/// With the target y, the mask m and the positive weight p of an image's label, and its logit x:
/// `Σ m·(−p·y·log σ(x) − (1 − y)·log(1 − σ(x))) / Σ m`, over all images and labels of an update. Smoothing by ε makes
/// y (1 − ε)·y + ε/2. Where nothing is known, the loss and its gradient are 0.
public struct BinaryCrossEntropyLoss: ClassifierLoss, Equatable {
  /// ε, from 0 to 1.
  public let labelSmoothing: Double
  /// `[labels]`: what a positive counts for, where a negative counts for 1; nil: 1.
  public let positiveWeights: [Double]?

  /// - Precondition: smoothing is in 0...1, and weights are not negative.
  public init(labelSmoothing: Double = 0, positiveWeights: [Double]? = nil) {
    precondition((0...1).contains(labelSmoothing), "smoothing must be in 0...1, found \(labelSmoothing)")
    precondition(positiveWeights?.allSatisfy { $0 >= 0 } != false, "positive weights must not be negative")
    self.labelSmoothing = labelSmoothing
    self.positiveWeights = positiveWeights
  }

  /// The loss of a batch.
  /// - Parameters:
  ///   - logits: `[N, labels]`.
  ///   - targets: `[N, labels]`, from 0 to 1.
  ///   - mask: `[N, labels]`: what each target counts for, 0 where it is not known; nil: 1.
  public func callAsFunction(_ logits: Tensor, _ targets: Tensor, mask: Tensor? = nil) -> LossResult {
    evaluate(logits, targets, mask, gradient: false).result
  }

  /// The loss of a batch, and the gradient of its mean by the logits, `[N, labels]`.
  public func lossAndGradient(
    _ logits: Tensor, _ targets: Tensor, mask: Tensor? = nil
  ) -> (result: LossResult, gradient: Tensor) {
    let (result, gradient) = evaluate(logits, targets, mask, gradient: true)
    return (result, Tensor(shape: logits.shape, storage: gradient))
  }

  public func evaluated(_ logits: Tensor, _ batch: LabeledBatch) -> LossResult {
    BinaryCrossEntropyLoss()(logits, Self.targets(of: batch), mask: batch.mask)
  }

  public func lossAndGradient(_ logits: Tensor, _ batch: LabeledBatch) -> (result: LossResult, gradient: Tensor) {
    lossAndGradient(logits, Self.targets(of: batch), mask: batch.mask)
  }

  private static func targets(of batch: LabeledBatch) -> Tensor {
    guard let targets = batch.targets else { preconditionFailure("expected a batch with a target for each label") }
    return targets
  }

  /// - Returns: an empty gradient unless one is wanted.
  private func evaluate(
    _ logits: Tensor, _ targets: Tensor, _ mask: Tensor?, gradient wanted: Bool
  ) -> (result: LossResult, gradient: [Float]) {
    precondition(logits.rank == 2 && logits.count > 0, "expected logits [N, labels], found \(logits.shape)")
    precondition(
      targets.shape == logits.shape && mask?.shape ?? logits.shape == logits.shape,
      "expected targets and mask of the logits' shape \(logits.shape), found \(targets.shape)")
    let labels = logits.shape[1]
    precondition(positiveWeights?.count ?? labels == labels, "expected a positive weight for each of \(labels) labels")
    let total = mask.map { $0.storage.reduce(0) { $0 + Double($1) } } ?? Double(logits.count)
    var (sum, correct, known) = (0.0, 0, 0)
    var gradient = [Float](repeating: 0, count: wanted ? logits.count : 0)
    for i in 0..<logits.count {
      let m = mask.map { Double($0.storage[i]) } ?? 1
      guard m > 0 else { continue }
      let (x, truth) = (Double(logits.storage[i]), Double(targets.storage[i]))
      let y = (1 - labelSmoothing) * truth + labelSmoothing / 2
      let weight = positiveWeights?[i % labels] ?? 1
      let scale = 1 + (weight - 1) * y
      // log(1 + exp(−x)), without exponentials that overflow.
      let small = exp(-abs(x))
      let softplus = log1p(small) + max(-x, 0)
      sum += m * ((1 - y) * x + scale * softplus)
      if wanted {
        // (1 − y)·σ(x) − p·y·σ(−x): the same as the slope of the sum above, without a difference of numbers near 1.
        let (above, below) = ((x >= 0 ? 1 : small) / (1 + small), (x >= 0 ? small : 1) / (1 + small))
        gradient[i] = Float(m * ((1 - y) * above - weight * y * below) / total)
      }
      known += 1
      if (x >= 0) == (truth >= 0.5) { correct += 1 }
    }
    let result = LossResult(loss: total > 0 ? sum / total : 0, correct: correct, weight: total, decisions: known)
    return (result, gradient)
  }
}
