package import DenseNets

/// How well one of several labels is recognised, over the images of which it is known.
public struct LabelResult: Sendable, Equatable {
  public let name: String
  /// The images with the label, and those without it.
  public let positives: Int
  public let negatives: Int
  /// An image is said to have the label from this probability on.
  public let threshold: Double
  /// By ``threshold``: images rightly and wrongly said to have the label.
  public let truePositives: Int
  public let falsePositives: Int
  /// Whether the label's probabilities can be believed.
  public let calibration: Calibration
  package let curve: RankingCurve

  /// - Parameter outcomes: the label's probability in each image of which it is known, and whether the image has it.
  init(name: String, outcomes: [(probability: Double, isPositive: Bool)], threshold: Double) {
    (self.name, self.threshold) = (name, threshold)
    curve = RankingCurve(scores: outcomes.map(\.probability), truths: outcomes.map(\.isPositive))
    (positives, negatives) = (curve.positives, curve.negatives)
    let claimed = outcomes.filter { $0.probability >= threshold }
    truePositives = claimed.count(where: \.isPositive)
    falsePositives = claimed.count - truePositives
    calibration = Calibration(outcomes.map { ($0.probability, $0.isPositive) })
  }

  /// The images of which the label is known.
  public var known: Int { positives + negatives }
  /// The share of these that have it; nil where there are none.
  public var prevalence: Double? { Self.share(positives, of: known) }
  /// Whether there are images with the label and images without it; else it counts in no mean.
  public var hasBothClasses: Bool { curve.hasBothClasses }

  /// The area under the ROC curve, as scikit-learn's `roc_auc_score`; nil unless ``hasBothClasses``.
  public var auroc: Double? { curve.auroc }
  /// As scikit-learn's `average_precision_score`; nil where no image has the label.
  public var averagePrecision: Double? { curve.averagePrecision }
  /// The probability from which on decisions have the best F1; nil unless ``hasBothClasses``.
  public var bestThreshold: Double? { curve.bestF1?.threshold }

  public var precision: Double? { Self.share(truePositives, of: truePositives + falsePositives) }
  public var recall: Double? { Self.share(truePositives, of: positives) }
  public var f1: Double? { Self.share(2 * truePositives, of: truePositives + falsePositives + positives) }

  private static func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
}
