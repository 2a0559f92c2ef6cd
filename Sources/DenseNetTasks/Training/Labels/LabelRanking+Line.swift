package import DenseNetIO
import DenseNetReports
package import DenseNets

extension LabelRanking {
  /// `test mean AUROC 0.912, test mAP 0.743`, with a dash where all images are alike.
  /// - Parameter part: of which images it is.
  package func line(_ part: String = "test") -> String {
    func text(_ value: Double?) -> String { value.map { TextFormat.fixed($0, decimals: 3) } ?? "-" }
    return "\(part) mean AUROC \(text(meanAUROC)), \(part) mAP \(text(meanAveragePrecision))"
  }
}

extension RunSummary {
  /// `test acc 0.885`, or for several labels how well they are ranked.
  package var testLine: String {
    guard meanAUROC != nil || meanAveragePrecision != nil else {
      return "test acc \(TextFormat.fixed(testAccuracy, decimals: 3))"
    }
    return LabelRanking(meanAUROC: meanAUROC, meanAveragePrecision: meanAveragePrecision).line()
  }
}
