import Foundation

/// The results at the top of the page, the accuracy first.
struct Headline {
  /// Nil for an evaluation of its own.
  let results: ReportPage.Results?
  let best: LearningCurves.Point?
  let evaluation: Evaluation?
  let labels: MultiLabelEvaluation?
  /// What an evaluation of its own is of: `test`; nil: all images.
  let part: String?

  private struct Figure {
    var name: String
    var value: String
    var note: String?
  }

  var html: String {
    let shown = figures.map { figure in
      let note = figure.note.map { "<dd class=\"small\">\(escaped($0))</dd>" } ?? ""
      return "<div><dt>\(escaped(figure.name))</dt><dd>\(escaped(figure.value))</dd>\(note)</div>"
    }
    return
      "<section aria-label=\"Results\">\n<dl class=\"figures\">\n\(shown.joined(separator: "\n"))\n</dl>\n</section>"
  }

  private var figures: [Figure] {
    var figures = ranking + (results.map(training) ?? evaluation.map(accuracy) ?? [])
    if let evaluation, evaluation.count > 0 {
      if evaluation.classNames.count > 5 {
        figures.append(Figure(name: "Top-5 accuracy", value: TextFormat.percent(evaluation.accuracy(ofTop: 5))))
      }
      figures.append(
        Figure(
          name: "Calibration error", value: TextFormat.percent(evaluation.calibration.expectedError),
          note: "expected, 15 bins"))
    }
    guard let results else { return figures }
    return figures + [
      Figure(name: "Examples/s", value: TextFormat.significant(results.examplesPerSecond), note: "training steps"),
      Figure(name: "Time", value: TextFormat.duration(results.seconds), note: "evaluation included"),
      Figure(name: "Peak memory", value: TextFormat.bytes(results.peakMemoryBytes)),
      Figure(name: "Parameters", value: TextFormat.thousands(results.parameters)),
    ]
  }

  private func accuracy(_ evaluation: Evaluation) -> [Figure] {
    let notes = ["loss \(TextFormat.fixed(evaluation.loss, decimals: 3))", interval].compactMap(\.self)
    return [
      Figure(
        name: part.map { "\($0.capitalized) accuracy" } ?? "Accuracy", value: TextFormat.percent(evaluation.accuracy),
        note: notes.joined(separator: " · "))
    ]
  }

  private func training(_ results: ReportPage.Results) -> [Figure] {
    var figures: [Figure] = []
    if results.testAccuracy.isFinite {
      figures.append(
        Figure(
          name: "Test accuracy", value: TextFormat.percent(results.testAccuracy),
          note: ["loss \(TextFormat.fixed(results.testLoss, decimals: 3))", interval].compactMap(\.self)
            .joined(separator: " · ")))
    }
    if let accuracy = results.validationAccuracy {
      let loss = results.validationLoss.map { "loss \(TextFormat.fixed($0, decimals: 3))" }
      figures.append(Figure(name: "Validation accuracy", value: TextFormat.percent(accuracy), note: loss))
    }
    figures.append(
      Figure(
        name: "Training accuracy", value: TextFormat.percent(results.trainAccuracy),
        note: "loss \(TextFormat.fixed(results.trainLoss, decimals: 3))"))
    if let best { figures.append(figure(ofBest: best, results)) }
    return figures
  }

  /// How well several labels are ranked, before all else.
  private var ranking: [Figure] {
    guard let labels, labels.count > 0 else { return [] }
    func text(_ value: Double?) -> String { value.map { TextFormat.fixed($0, decimals: 3) } ?? "–" }
    let counted = labels.labels.count - labels.leftOut.count
    return [
      Figure(
        name: "Mean AUROC", value: text(labels.meanAUROC),
        note: "\(counted) of \(labels.labels.count) labels · \(TextFormat.thousands(labels.count)) images"),
      Figure(name: "Mean average precision", value: text(labels.meanAveragePrecision), note: nil),
    ]
  }

  private func figure(ofBest best: LearningCurves.Point, _ results: ReportPage.Results) -> Figure {
    let epoch = "after epoch \(TextFormat.fixed(best.epoch, decimals: 0))"
    let measure = labels == nil ? "accuracy" : "mean AUROC"
    let value = labels == nil ? TextFormat.percent(best.value) : TextFormat.fixed(best.value, decimals: 3)
    guard results.validationAccuracy != nil else {
      return Figure(
        name: "Best test \(measure)", value: value,
        note: "\(epoch), which was chosen on these test images: too high for new ones")
    }
    let test = results.bestTestAccuracy.map { "; test accuracy of its weights \(TextFormat.percent($0))" } ?? ""
    return Figure(name: "Best validation \(measure)", value: value, note: epoch + test)
  }

  /// Wilson's interval for a share (1927), which holds near 0 and 1 too.
  private var interval: String? {
    guard let evaluation, evaluation.count > 0 else { return nil }
    let (n, p, z) = (Double(evaluation.count), evaluation.accuracy, 1.96)
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return "95% interval \(TextFormat.percent(middle - half)) to \(TextFormat.percent(middle + half)) · "
      + TextFormat.count(evaluation.count, "image")
  }
}
