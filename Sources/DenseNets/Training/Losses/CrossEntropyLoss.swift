internal import Foundation

/// The mean over a batch of `−Σ q·log softmax(logits)`, as `torch.nn.CrossEntropyLoss`.
///
/// q is 1 for the label, or a row of probabilities. Smoothing by ε makes it (1 − ε)·q + ε/classes (Szegedy et al.
/// 2016). Class weights multiply q; with labels, the mean is then over the labels' weights, as in PyTorch.
public struct CrossEntropyLoss: Sendable, Equatable {
  /// ε, from 0 to 1.
  public let labelSmoothing: Double
  /// `[classes]`; nil: all 1.
  public let classWeights: [Double]?

  /// - Precondition: smoothing is in 0...1, and weights are not negative.
  public init(labelSmoothing: Double = 0, classWeights: [Double]? = nil) {
    precondition((0...1).contains(labelSmoothing), "smoothing must be in 0...1, found \(labelSmoothing)")
    precondition(classWeights?.allSatisfy { $0 >= 0 } != false, "class weights must not be negative")
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }

  public typealias Result = LossResult

  /// The loss of a batch.
  /// - Parameters:
  ///   - logits: `[N, classes]`.
  ///   - labels: N classes in `0..<classes`.
  ///   - targets: `[N, classes]`: probabilities to learn instead of the labels.
  public func callAsFunction(_ logits: Tensor, _ labels: [Int32], targets: Tensor? = nil) -> Result {
    evaluate(logits, labels, targets: targets, gradient: false).result
  }

  /// The loss of a batch, and the gradient of its mean by the logits, `[N, classes]`.
  public func lossAndGradient(
    _ logits: Tensor, _ labels: [Int32], targets: Tensor? = nil
  ) -> (result: Result, gradient: Tensor) {
    let (result, gradient) = evaluate(logits, labels, targets: targets, gradient: true)
    return (result, Tensor(shape: logits.shape, storage: gradient))
  }

  /// - Returns: an empty gradient unless one is wanted.
  private func evaluate(
    _ logits: Tensor, _ labels: [Int32], targets: Tensor?, gradient wanted: Bool
  ) -> (result: Result, gradient: [Float]) {
    precondition(
      logits.rank == 2 && logits.shape[0] == labels.count && !labels.isEmpty,
      "expected logits [\(labels.count), classes], found \(logits.shape)")
    precondition(
      targets?.shape ?? logits.shape == logits.shape, "expected targets of the logits' shape \(logits.shape)")
    precondition(
      classWeights?.count ?? logits.shape[1] == logits.shape[1],
      "expected a weight for each of the \(logits.shape[1]) classes")
    if targets == nil && labelSmoothing == 0 && classWeights == nil { return plain(logits, labels, gradient: wanted) }
    return general(logits, labels, targets: targets, gradient: wanted)
  }

  private func plain(
    _ logits: Tensor, _ labels: [Int32], gradient wanted: Bool
  ) -> (result: Result, gradient: [Float]) {
    var gradient: [Float]? = wanted ? [Float](repeating: 0, count: logits.count) : nil
    let (losses, correct) = softmaxCrossEntropy(
      logits: logits.storage, labels: labels, classes: logits.shape[1], gradient: &gradient,
      scale: 1 / Float(labels.count))
    let count = Double(labels.count)
    return (Result(loss: losses.reduce(0, +) / count, correct: correct, weight: count), gradient ?? [])
  }

  private func general(
    _ logits: Tensor, _ labels: [Int32], targets: Tensor?, gradient wanted: Bool
  ) -> (result: Result, gradient: [Float]) {
    let classes = logits.shape[1]
    let weights = classWeights ?? [Double](repeating: 1, count: classes)
    let total = targets == nil ? labels.reduce(0) { $0 + weights[Int($1)] } : Double(labels.count)
    var (loss, correct) = (0.0, 0)
    var gradient = [Float](repeating: 0, count: wanted ? logits.count : 0)
    for (n, label) in labels.enumerated() {
      let row = logits.storage[n * classes..<(n + 1) * classes]
      let greatest = row.max()!
      if row.firstIndex(of: greatest).map({ $0 - row.startIndex }) == Int(label) { correct += 1 }
      let exponentials = row.map { exp(Double($0) - Double(greatest)) }
      let sum = exponentials.reduce(0, +)
      let logSum = log(sum) + Double(greatest)
      let wantedParts = (0..<classes).map { c in
        let q = targets.map { Double($0.storage[n * classes + c]) } ?? (c == Int(label) ? 1 : 0)
        return weights[c] * ((1 - labelSmoothing) * q + labelSmoothing / Double(classes)) / total
      }
      let mass = wantedParts.reduce(0, +)
      for (c, part) in wantedParts.enumerated() {
        loss += part * (logSum - Double(row[row.startIndex + c]))
        if wanted { gradient[n * classes + c] = Float(mass * exponentials[c] / sum - part) }
      }
    }
    return (Result(loss: loss, correct: correct, weight: total), gradient)
  }
}
