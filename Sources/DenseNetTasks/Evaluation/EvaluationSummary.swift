import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets

/// What `evaluate` prints as JSON: a result, without the predictions of single images.
package struct EvaluationSummary: Encodable {
  let testAccuracy: Double
  /// How often the class is among the five most probable.
  let top5Accuracy: Double?
  let testLoss: Double
  let examples: Int
  /// Wall-clock time of the evaluation.
  let seconds: Double
  let skipped: [SkippedFile]
  let labels: MultiLabelRecord?

  private enum CodingKeys: String, CodingKey {
    // The strategy for keys would write top5Accuracy.
    case testAccuracy, testLoss, examples, seconds, skipped, meanAuroc, meanAveragePrecision, leftOut, labels
    case top5Accuracy = "top5_accuracy"
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(testAccuracy, forKey: .testAccuracy)
    try values.encode(top5Accuracy, forKey: .top5Accuracy)
    try values.encode(testLoss, forKey: .testLoss)
    try values.encode(examples, forKey: .examples)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(skipped, forKey: .skipped)
    guard let labels else { return }
    try values.encode(labels.meanAUROC, forKey: .meanAuroc)
    try values.encode(labels.meanAveragePrecision, forKey: .meanAveragePrecision)
    try values.encode(labels.leftOut, forKey: .leftOut)
    try values.encode(labels.labels, forKey: .labels)
  }

  package init(_ result: EvaluationResult) {
    (testAccuracy, testLoss) = (result.accuracy, result.loss)
    top5Accuracy = result.labels == nil ? result.top5Accuracy : nil
    labels = result.labels.map { MultiLabelRecord($0) }
    (examples, seconds) = (result.examples, result.seconds)
    skipped = result.skipped.map(SkippedFile.init)
  }
}

extension EvaluationResult {
  /// What a person reads of it.
  /// - Parameter isOwn: whether the images are the user's own.
  package func line(isOwn: Bool) -> String {
    func fixed(_ value: Double) -> String { TextFormat.fixed(value, decimals: 3) }
    return "test loss \(fixed(loss)), test acc \(fixed(accuracy))"
      + (isOwn && self.labels == nil && classes > 5 ? ", top-5 acc \(fixed(top5Accuracy))" : "")
      + (self.labels.map { ", " + $0.ranking.line() } ?? "")
      + " on \(TextFormat.count(examples, "image")) in \(TextFormat.fixed(seconds, decimals: 1)) s"
  }
}
