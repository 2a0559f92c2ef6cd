public import DenseNetData
public import DenseNetReports
import DenseNets
import Foundation

/// How a network did on test images.
public struct EvaluationResult: Sendable, Equatable {
  /// The share of images whose class is the most probable; of several labels, the share of known ones that are decided
  /// rightly at 0.5.
  public internal(set) var accuracy = 0.0
  /// The share of images whose class is among the five most probable; NaN for several labels.
  public internal(set) var top5Accuracy = 0.0
  /// The mean of −log of the class's probability, in nats.
  public internal(set) var loss = 0.0
  public internal(set) var examples = 0
  /// The network's classes; of five or fewer, every class is among the five most probable.
  public internal(set) var classes = 0
  /// Wall-clock time of the evaluation.
  public internal(set) var seconds = 0.0
  /// The results of each label, where images have several.
  public internal(set) var labels: MultiLabelEvaluation?
  /// The classes of the network, by the names that it has, else those of the images.
  public internal(set) var classNames: [String] = []
  /// The images that were left out.
  public internal(set) var skipped: [SkippedImage] = []

  /// The prediction for each image, in order, where they were asked for.
  public internal(set) var predictions: [Prediction] = []
  /// Which of a user's own images these are; nil: those for testing.
  public internal(set) var part: EvaluationPart?
  /// Of images in files.
  var shapes = ImageShapes()
  /// Of each prediction, the image's file by its bytes; empty where the images are not in files.
  var paths: [String] = []

  /// Adds the predictions of images, before they are counted.
  mutating func keep(_ logits: Tensor, labels: [Int], files: [ImageFolder.Example]?) {
    let (classes, rows) = (logits.shape[1], logits.rowProbabilities())
    for (n, label) in labels.enumerated() {
      predictions.append(
        Prediction(
          index: examples + n, file: files.map { PathText.readable($0[n].name) }, label: label,
          probabilities: rows[n * classes..<(n + 1) * classes]))
    }
    paths += files?.map(\.path) ?? []
  }

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

extension Tensor {
  /// The softmax of each row of logits `[N, classes]` in single precision, row after row.
  func rowProbabilities() -> [Float] {
    let (classes, values) = (shape[1], values)
    return stride(from: 0, to: values.count, by: classes).flatMap { start in
      let row = values[start..<start + classes]
      let greatest = row.max() ?? 0
      let exponentials = row.map { exp($0 - greatest) }
      let sum = exponentials.reduce(0, +)
      return exponentials.map { $0 / sum }
    }
  }
}
