import Foundation

/// The results at the top of the page: the accuracy first, or of several labels the mean AUROC, which chooses their best
/// epoch.
struct Headline {
  /// Nil for an evaluation of its own.
  let results: ReportPage.Results?
  let curves: RunCurves?
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
    func note(_ loss: Double?, _ more: String? = nil) -> String? {
      let parts = [loss.map { "loss \(TextFormat.fixed($0, decimals: 3))" }, more].compactMap(\.self)
      return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
    let decided = hasSeveralLabels ? "of known labels, at 0.5" : nil
    let test = Figure(
      name: "Test accuracy", value: TextFormat.percent(results.testAccuracy),
      note: note(results.testLoss, decided ?? interval))
    let held = validation(results.validationAccuracy, results.validationMeanAUROC).map { measure, value in
      Figure(name: "Validation \(measure)", value: value, note: note(results.validationLoss))
    }
    let training = Figure(
      name: "Training accuracy", value: TextFormat.percent(results.trainAccuracy),
      note: note(results.trainLoss, decided))
    let tested = results.testAccuracy.isFinite ? [test] : []
    let chosen = [held, best(results)].compactMap(\.self)
    // Accuracy is no headline where another figure chooses the epoch.
    return hasSeveralLabels
      ? chosen + tested + [training] : tested + [held, training, best(results)].compactMap(\.self)
  }

  private var hasSeveralLabels: Bool { labels != nil || results?.meanAUROC != nil || curves?.bestMeanAUROC != nil }

  /// What is measured over the validation images, and its value; nil where there are none.
  private func validation(_ accuracy: Double?, _ area: Double?) -> (measure: String, value: String)? {
    guard let accuracy else { return nil }
    guard hasSeveralLabels else { return ("accuracy", TextFormat.percent(accuracy)) }
    return ("mean AUROC", area.map { TextFormat.fixed($0, decimals: 3) } ?? "–")
  }

  /// How well several labels are ranked, before all else.
  private var ranking: [Figure] {
    func text(_ value: Double?) -> String { value.map { TextFormat.fixed($0, decimals: 3) } ?? "–" }
    let name = (results == nil ? part : "test").map { "\($0.capitalized) mean AUROC" } ?? "Mean AUROC"
    guard let labels, labels.count > 0 else {
      return results?.meanAUROC.map { [Figure(name: name, value: text($0), note: nil)] } ?? []
    }
    let counted = labels.labels.count - labels.leftOut.count
    return [
      Figure(
        name: name, value: text(labels.meanAUROC),
        note: "\(counted) of \(labels.labels.count) labels · \(TextFormat.thousands(labels.count)) images"),
      Figure(name: "Mean average precision", value: text(labels.meanAveragePrecision), note: nil),
    ]
  }

  /// Of the best epoch; as the curves have it where the results do not say it. Nil without images to choose it by.
  private func best(_ results: ReportPage.Results) -> Figure? {
    let validates = results.validationAccuracy != nil
    let (area, accuracy) =
      validates
      ? (results.bestValidationMeanAUROC, results.bestValidationAccuracy)
      : (results.bestMeanAUROC, results.bestTestAccuracy)
    let point = hasSeveralLabels ? curves?.bestMeanAUROC : curves?.best
    guard let best = (hasSeveralLabels ? area : accuracy) ?? point?.value,
      let number = results.bestEpoch.map(Double.init) ?? point?.epoch
    else { return nil }
    func text(_ value: Double) -> String {
      hasSeveralLabels ? TextFormat.fixed(value, decimals: 3) : TextFormat.percent(value)
    }
    let (epoch, measure) = (
      "after epoch \(TextFormat.fixed(number, decimals: 0))", hasSeveralLabels ? "mean AUROC" : "accuracy"
    )
    guard validates else {
      return Figure(
        name: "Best test \(measure)", value: text(best),
        note: "\(epoch), which was chosen on these test images: too high for new ones")
    }
    let tested = hasSeveralLabels ? results.bestMeanAUROC : results.bestTestAccuracy
    let note = tested.map { "; test \(measure) of its weights \(text($0))" } ?? ""
    return Figure(name: "Best validation \(measure)", value: text(best), note: epoch + note)
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
