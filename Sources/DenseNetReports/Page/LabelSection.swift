/// How well each of several labels is recognised: a table, and each label's curves.
enum LabelSection {
  /// Of more labels than this, the curves of all but the first are folded away.
  private static let shown = 3
  /// No more labels have curves, so that the page stays one that a browser shows.
  private static let limit = 40

  /// - Parameter thresholds: how they were chosen.
  static func html(_ evaluation: MultiLabelEvaluation, thresholds: String? = nil) -> String {
    let order = evaluation.labels.indices.sorted {
      (evaluation.labels[$0].auroc ?? 2, $0) < (evaluation.labels[$1].auroc ?? 2, $1)
    }
    let left = evaluation.leftOut
    let note =
      "Of each label, over the images of which it is known. AUROC: the chance that an image with the label gets a higher "
      + "probability than one without it. Average precision: precision averaged over recall; its floor is the prevalence. "
      + "Precision, recall and F1 are those of decisions at the threshold. "
      + (thresholds.map { $0 + " " } ?? "") + "The weakest label first."
      + (left.isEmpty
        ? "" : " Left out of the means, since all images are alike in it: \(left.joined(separator: ", ")).")
    return HTML.section("Labels", note: note, table(order.map { evaluation.labels[$0] }, evaluation)) + "\n"
      + HTML.section(
        "Curves of the labels",
        note:
          "ROC, precision against recall, and calibration: of the images with a probability of 80%, 80% should have "
          + "the label. The dashed line is that of guessing."
          + (order.count > limit ? " Of the \(limit) weakest labels." : ""),
        (order.count > limit ? order.prefix(limit).map { evaluation.labels[$0] } : evaluation.labels).enumerated().map {
          curves($1, isOpen: $0 < shown)
        }.joined(separator: "\n"))
  }

  private static func table(_ labels: [LabelResult], _ evaluation: MultiLabelEvaluation) -> String {
    let heads = ["AUROC", "Average precision", "Prevalence", "Images", "Threshold", "Precision", "Recall", "F1"]
    let rows = labels.map { label in
      [
        escaped(label.name), number(label.auroc), number(label.averagePrecision), percent(label.prevalence),
        TextFormat.thousands(label.known), number(label.threshold), percent(label.precision), percent(label.recall),
        percent(label.f1),
      ]
    }
    let blank = [String](repeating: "", count: 6)
    let mean = ["Mean", number(evaluation.meanAUROC), number(evaluation.meanAveragePrecision)] + blank
    return HTML.table(
      "Results of each label", [.init(head: "Label")] + heads.map { .init(head: $0, isNumber: true) }, rows: rows,
      footer: mean)
  }

  private static func curves(_ label: LabelResult, isOpen: Bool) -> String {
    var charts = [UnitChart.roc(label), .precisionRecall(label)].compactMap { chart in
      chart.map { HTML.chart($0.title, $0.svg()) }
    }
    if label.known > 0 {
      let error = TextFormat.percent(label.calibration.expectedError)
      charts.append(
        HTML.chart("Calibration, error \(error)", ReliabilityDiagram(label.calibration, isOfLabel: true).svg()))
    }
    return "<details\(isOpen ? " open" : "")>\n<summary><h3>\(escaped(label.name))</h3></summary>\n"
      + "<div class=\"columns\">\n\(charts.joined(separator: "\n"))\n</div>\n</details>"
  }

  private static func number(_ value: Double?) -> String { value.map { TextFormat.fixed($0, decimals: 3) } ?? "–" }
  private static func percent(_ value: Double?) -> String { value.map(TextFormat.percent) ?? "–" }
}
