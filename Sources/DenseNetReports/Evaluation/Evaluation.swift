public import DenseNets
import Foundation

/// The results of a classifier on labelled examples.
///
/// ```swift
/// let evaluation = Evaluation(probabilities: probabilities, labels: labels, classNames: names)
/// print(evaluation.accuracy, evaluation.accuracy(ofTop: 5), evaluation.calibration.expectedError)
/// ```
public struct Evaluation: Sendable, Equatable {
  /// The name of each class.
  public let classNames: [String]
  public let predictions: [Prediction]
  public let confusion: ConfusionMatrix
  public let calibration: Calibration

  /// - Precondition: labels and predicted classes are below the number of names.
  public init(_ predictions: [Prediction], classNames: [String]) {
    self.classNames = classNames
    self.predictions = predictions
    confusion = ConfusionMatrix(predictions, classes: classNames.count)
    calibration = Calibration(predictions)
  }

  /// - Parameters:
  ///   - probabilities: of each class: `[N, classes]`.
  ///   - labels: `[N]`, each below the number of classes.
  ///   - files: `[N]`, where the examples come from files.
  /// - Precondition: the shapes agree.
  public init(probabilities: Tensor, labels: [Int], classNames: [String], files: [String]? = nil) {
    let shape = [labels.count, classNames.count]
    precondition(probabilities.shape == shape, "expected probabilities of shape \(shape), found \(probabilities.shape)")
    precondition(files?.count ?? labels.count == labels.count, "expected a file for each label")
    let values = probabilities.values
    let predictions = labels.indices.map { index in
      Prediction(
        index: index, file: files?[index], label: labels[index],
        probabilities: values[index * classNames.count..<(index + 1) * classNames.count])
    }
    self.init(predictions, classNames: classNames)
  }

  /// The number of examples.
  public var count: Int { predictions.count }

  /// The share of right predictions; NaN for no examples, as all averages here.
  public var accuracy: Double { mean { $0.isCorrect ? 1 : 0 } }

  /// The share of examples whose label is among the `k` most probable classes.
  public func accuracy(ofTop k: Int) -> Double { mean { $0.labelRank <= k ? 1 : 0 } }

  /// The mean of −log of the label's probability, in nats: cross-entropy without label smoothing. What has become 0 by
  /// rounding counts as the least number above it.
  public var loss: Double { mean { -log(max($0.labelProbability, .leastNonzeroMagnitude)) } }

  /// The wrong predictions, the most confident first; of equal ones, in the examples' order.
  public func mostConfidentMistakes(_ count: Int) -> [Prediction] {
    let mistakes = predictions.filter { !$0.isCorrect }
    return Array(mistakes.sorted { ($1.confidence, $0.index) < ($0.confidence, $1.index) }.prefix(count))
  }

  private func mean(_ value: (Prediction) -> Double) -> Double {
    predictions.reduce(0) { $0 + value($1) } / Double(count)
  }
}
