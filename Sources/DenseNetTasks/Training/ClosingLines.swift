package import DenseNetIO
import DenseNetReports

/// What a complete run comes to, for a person to read.
package struct ClosingLines {
  let summary: RunSummary

  package init(_ summary: RunSummary) { self.summary = summary }

  /// Which epoch's weights are in `best.safetensors`, by the measure and the images that chose it; nil where no images
  /// were held out to choose it by.
  package var best: String? {
    let (part, auroc, accuracy) =
      summary.validationAccuracy == nil
      ? ("test", summary.bestMeanAUROC, summary.bestTestAccuracy)
      : ("val", summary.bestValidationMeanAUROC, summary.bestValidationAccuracy ?? .nan)
    guard summary.isTested || summary.validationAccuracy != nil, auroc != nil || accuracy.isFinite else { return nil }
    let measure = "\(part) \(auroc == nil ? "acc" : "mean AUROC")"
    return "best \(measure) \(TextFormat.fixed(auroc ?? accuracy, decimals: 3)) after epoch \(summary.bestEpoch) of "
      + "\(summary.epochs); best.safetensors has its weights"
  }

  /// The chapter's two lines.
  package var text: String {
    func fixed(_ value: Double) -> String { TextFormat.fixed(value, decimals: 3) }
    var line = "loss \(fixed(summary.trainLoss)), train acc \(fixed(summary.trainAccuracy))"
    if let area = summary.validationMeanAUROC {
      line += ", val mean AUROC \(fixed(area))"
    } else if let accuracy = summary.validationAccuracy {
      line += ", val acc \(fixed(accuracy))"
    }
    if summary.isTested { line += ", \(summary.testLine)" }
    return "\(line)\n\(TextFormat.fixed(summary.examplesPerSecond, decimals: 1)) examples/sec on cpu"
  }
}
