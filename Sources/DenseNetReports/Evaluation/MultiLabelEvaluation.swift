public import DenseNets
import Foundation

/// The results of a network on images with several labels each.
///
/// ```swift
/// let evaluation = MultiLabelEvaluation(labelNames: names, probabilities: probabilities, values: values)
/// print(evaluation.meanAUROC ?? .nan, evaluation.labels.map(\.auroc))
/// ```
public struct MultiLabelEvaluation: Sendable, Equatable {
  public let labelNames: [String]
  /// `[N]`: the images' places in their dataset, and their files where they come from files.
  public let indices: [Int]
  public let files: [String]?
  /// `[N, labels]`, from 0 to 1.
  public let probabilities: [Double]
  /// `[N, labels]`: 1 where an image has the label, 0 where it has not, −1 where that is not known.
  public let values: [Int8]
  /// One per label.
  public let labels: [LabelResult]

  /// - Parameter thresholds: from which probability on an image is said to have each label; nil: 0.5.
  /// - Precondition: there are as many probabilities as values, none of them NaN, and a threshold for each label.
  public init(
    labelNames: [String], probabilities: [Double], values: [Int8], thresholds: [Double]? = nil, indices: [Int]? = nil,
    files: [String]? = nil
  ) {
    let width = labelNames.count
    precondition(
      width > 0 && probabilities.count == values.count && values.count.isMultiple(of: width),
      "expected rows of \(width) probabilities and values, found \(probabilities.count) and \(values.count)")
    precondition(thresholds?.count ?? width == width, "expected a threshold for each of \(width) labels")
    let count = values.count / width
    precondition(
      indices?.count ?? count == count && files?.count ?? count == count, "expected \(count) indices and files")
    (self.labelNames, self.probabilities, self.values, self.files) = (labelNames, probabilities, values, files)
    self.indices = indices ?? Array(0..<count)
    labels = labelNames.indices.map { label in
      let known = (0..<count).map { $0 * width + label }.filter { values[$0] >= 0 }
      return LabelResult(
        name: labelNames[label], outcomes: known.map { (probabilities[$0], values[$0] == 1) },
        threshold: thresholds?[label] ?? 0.5)
    }
  }

  /// The number of images.
  public var count: Int { indices.count }
  public var thresholds: [Double] { labels.map(\.threshold) }
  /// Of each label the threshold of the best F1; 0.5 where all images are alike in it.
  public var bestThresholds: [Double] { labels.map { $0.bestThreshold ?? 0.5 } }

  /// The means over the labels that are not in ``leftOut``; nil where there are none.
  public var ranking: LabelRanking { LabelRanking(labels.map(\.curve)) }
  public var meanAUROC: Double? { ranking.meanAUROC }
  public var meanAveragePrecision: Double? { ranking.meanAveragePrecision }
  /// The labels in which all images are alike, so that there is nothing to rank.
  public var leftOut: [String] { labels.filter { !$0.hasBothClasses }.map(\.name) }

  /// The share of known labels on whose side of 0.5 the probability is; NaN without any.
  public var accuracy: Double { mean { probability, isPositive in (probability >= 0.5) == isPositive ? 1 : 0 } }

  /// The mean over known labels of −log of the probability of what is true, in nats. What has become 0 by rounding
  /// counts as the least number above it.
  public var loss: Double {
    mean { probability, isPositive in -log(max(isPositive ? probability : 1 - probability, .leastNonzeroMagnitude)) }
  }

  private func mean(_ value: (Double, Bool) -> Double) -> Double {
    var (sum, known) = (0.0, 0)
    for (probability, truth) in zip(probabilities, values) where truth >= 0 {
      sum += value(probability, truth == 1)
      known += 1
    }
    return sum / Double(known)
  }
}
