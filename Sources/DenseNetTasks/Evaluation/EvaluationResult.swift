public import DenseNetData
import DenseNets

/// How a network did on test images.
public struct EvaluationResult: Sendable, Equatable {
  /// The share of images whose class is the most probable.
  public internal(set) var accuracy = 0.0
  /// The share of images whose class is among the five most probable.
  public internal(set) var top5Accuracy = 0.0
  /// The mean of −log of the class's probability, in nats.
  public internal(set) var loss = 0.0
  public internal(set) var examples = 0
  /// The network's classes; of five or fewer, every class is among the five most probable.
  public internal(set) var classes = 0
  /// Wall-clock time of the evaluation.
  public internal(set) var seconds = 0.0
  /// The images that were left out.
  public internal(set) var skipped: [SkippedImage] = []

  /// Counts images; averages are sums until ``finish(seconds:)``.
  /// - Parameter logits: `[N, classes]`.
  mutating func add(_ logits: Tensor, labels: [Int]) {
    classes = logits.shape[1]
    let (values, logSums) = (logits.values, logits.logSumExp())
    for (n, label) in labels.enumerated() {
      let row = values[n * classes..<(n + 1) * classes]
      let own = row[row.startIndex + label]
      loss += logSums[n] - Double(own)
      // Of equal ones, the first wins.
      let better = row.indices.count { row[$0] > own || (row[$0] == own && $0 - row.startIndex < label) }
      if better == 0 { accuracy += 1 }
      if better < 5 { top5Accuracy += 1 }
    }
    examples += labels.count
  }

  mutating func finish(seconds: Double) {
    let count = Double(max(examples, 1))
    (loss, accuracy, top5Accuracy) = (loss / count, accuracy / count, top5Accuracy / count)
    self.seconds = seconds
  }
}
