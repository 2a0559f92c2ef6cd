import DenseNetReports
package import DenseNets

extension LabelRanking {
  /// `test mean AUROC 0.912, test mAP 0.743`, with a dash where all images are alike.
  package var line: String {
    func text(_ value: Double?) -> String { value.map { TextFormat.fixed($0, decimals: 3) } ?? "-" }
    return "test mean AUROC \(text(meanAUROC)), test mAP \(text(meanAveragePrecision))"
  }
}
