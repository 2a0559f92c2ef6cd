internal import Foundation

/// How well a network ranks images by several labels, averaged over the labels for which there are images with it and
/// images without it; nil where there is no such label.
public struct LabelRanking: Sendable, Equatable, Codable {
  public let meanAUROC: Double?
  public let meanAveragePrecision: Double?

  // From `mean_auroc`, the coders' strategy for keys would make meanAuroc, which is no property's name.
  private enum CodingKeys: String, CodingKey {
    case meanAUROC = "meanAuroc"
    case meanAveragePrecision
  }

  public init(meanAUROC: Double?, meanAveragePrecision: Double?) {
    (self.meanAUROC, self.meanAveragePrecision) = (meanAUROC, meanAveragePrecision)
  }

  package init(_ curves: [RankingCurve]) {
    func mean(_ value: (RankingCurve) -> Double?) -> Double? {
      let values = curves.filter(\.hasBothClasses).compactMap(value)
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    self.init(meanAUROC: mean(\.auroc), meanAveragePrecision: mean(\.averagePrecision))
  }
}

/// The scores of known labels, gathered batch by batch.
struct LabelScores {
  private var scores: [[Double]] = []
  private var truths: [[Bool]] = []

  /// - Parameter logits: `[N, labels]`. A batch of images with one class each adds nothing.
  mutating func add(_ logits: Tensor, _ batch: LabeledBatch) {
    guard let mask = batch.mask, let targets = batch.targets else { return }
    let labels = mask.shape[1]
    if scores.isEmpty { (scores, truths) = (Array(repeating: [], count: labels), Array(repeating: [], count: labels)) }
    for i in mask.storage.indices where mask.storage[i] > 0 {
      scores[i % labels].append(sigmoid(Double(logits.storage[i])))
      truths[i % labels].append(targets.storage[i] >= 0.5)
    }
  }

  /// Nil where there are no labels, or a score is NaN.
  var ranking: LabelRanking? {
    guard !scores.isEmpty, !scores.contains(where: { $0.contains(where: \.isNaN) }) else { return nil }
    return LabelRanking(zip(scores, truths).map { RankingCurve(scores: $0, truths: $1) })
  }
}
