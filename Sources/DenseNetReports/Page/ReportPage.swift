/// The page that shows a run: `report.html`. One file without scripts, which needs no network; light, or dark where the
/// reader prefers that.
///
/// ```swift
/// var page = ReportPage(title: "d2l on fashion-mnist")
/// page.curves = curves
/// page.evaluation = evaluation
/// let html = page.html()
/// ```
/// A part whose data are absent is left out: a run that was interrupted has no evaluation.
public struct ReportPage: Sendable {
  /// The run's results.
  public struct Results: Sendable, Equatable {
    /// Averages over the last epoch's training batches.
    public var trainLoss: Double
    public var trainAccuracy: Double
    /// Over the whole test set, of the last weights; NaN without test images.
    public var testLoss: Double
    public var testAccuracy: Double
    /// The same of the best epoch's weights; nil where that is not known.
    public var bestTestAccuracy: Double?
    /// The best epoch; nil where that is not known.
    public var bestEpoch: Int?
    /// Of the last weights, where there are validation images.
    public var validationLoss: Double?
    public var validationAccuracy: Double?
    /// Of the best epoch's weights, where there are validation images.
    public var bestValidationAccuracy: Double?
    /// Of several labels: over the test set, of the last weights and of the best epoch's.
    public var meanAUROC: Double?
    public var bestMeanAUROC: Double?
    /// The same over the validation images, where there are any.
    public var validationMeanAUROC: Double?
    public var bestValidationMeanAUROC: Double?
    public var examplesPerSecond: Double
    /// Wall-clock time of the whole run.
    public var seconds: Double
    public var peakMemoryBytes: Int
    public var parameters: Int

    public init(
      trainLoss: Double, trainAccuracy: Double, testLoss: Double, testAccuracy: Double, examplesPerSecond: Double,
      seconds: Double, peakMemoryBytes: Int, parameters: Int
    ) {
      (self.trainLoss, self.trainAccuracy) = (trainLoss, trainAccuracy)
      (self.testLoss, self.testAccuracy) = (testLoss, testAccuracy)
      (self.examplesPerSecond, self.seconds) = (examplesPerSecond, seconds)
      (self.peakMemoryBytes, self.parameters) = (peakMemoryBytes, parameters)
    }
  }

  public var title: String
  /// Facts below the title, such as when the run began.
  public var facts: [String] = []
  public var results: Results?
  public var curves: RunCurves?
  /// Of the test set, after the last epoch.
  public var evaluation: Evaluation?
  /// The same where images have several labels each.
  public var labels: MultiLabelEvaluation?
  /// How the thresholds in ``labels`` were chosen; nil: not by results.
  package var thresholdNote: String?
  /// Without a run, of which images ``evaluation`` is: `training`, `validation` or `test`; nil: of all.
  package var evaluatedPart: String? = "test"
  /// PNG files by the examples' places in their dataset: those of ``mistakes`` are shown.
  public var images: [Int: [UInt8]] = [:]
  public var settings: [(key: String, value: String)] = []
  /// Machine, version and so on.
  public var environment: [(key: String, value: String)] = []

  public init(title: String) { self.title = title }

  /// How many of the most confident mistakes the page shows as images.
  public static let mistakes = 24

  /// The page. Equal values give equal text.
  public func html() -> String {
    let facts = facts.map(escaped).joined(separator: " · ")
    var body = ["<header>\n<h1>\(escaped(title))</h1>\n<p class=\"facts\">\(facts)</p>\n</header>", "<main>"]
    var sections = [headline, learning, speed]
    if let evaluation, evaluation.count > 0 {
      sections += [
        ConfusionSection(evaluation).html, ClassSection.html(evaluation),
        MistakeSection.html(evaluation, images: images), CalibrationSection.html(evaluation),
      ]
    }
    if let labels, labels.count > 0 { sections.append(LabelSection.html(labels, thresholds: thresholdNote)) }
    sections.append(circumstances)
    body += sections.compactMap(\.self)
    body += ["</main>", "<footer>Made by densenet. Every number is in the files beside this page.</footer>"]
    return HTML.document(title: title, body: body.joined(separator: "\n"))
  }

  private var headline: String? {
    let isEvaluated = evaluation.map { $0.count > 0 } == true || labels.map { $0.count > 0 } == true
    guard results != nil || isEvaluated else { return nil }
    return results != nil || curves == nil
      ? Headline(results: results, curves: curves, evaluation: evaluation, labels: labels, part: evaluatedPart).html
      : nil
  }

  private var learning: String? {
    guard let curves, !(curves.trainLoss.isEmpty && curves.testLoss.isEmpty) else { return nil }
    let loss = LineChart(
      "Loss",
      [
        .init(name: "training", points: curves.trainLoss, style: 0),
        .init(name: curves.heldOut, points: curves.testLoss, style: 1),
      ], fromZero: true, epochs: curves.epochs, isCropped: true)
    let accuracy = LineChart(
      "Accuracy",
      [
        .init(name: "training", points: curves.trainAccuracy, style: 0),
        .init(name: curves.heldOut, points: curves.testAccuracy, style: 1),
      ], quantity: .share, fromZero: false, epochs: curves.epochs, isCropped: true)
    var charts = [HTML.chart("Loss", loss.svg(), note: curves.lossNote), HTML.chart("Accuracy", accuracy.svg())]
    if !curves.meanAUROC.isEmpty {
      let ranking = LineChart(
        "Ranking of labels",
        [
          .init(name: "mean AUROC", points: curves.meanAUROC, style: 1),
          .init(name: "mAP", points: curves.meanAveragePrecision, style: 2),
        ], quantity: .share, fromZero: false, epochs: curves.epochs, isCropped: true)
      charts.append(HTML.chart("Ranking of labels", ranking.svg()))
    }
    return HTML.section(
      "Learning curves",
      note:
        "Training figures are averages since the epoch began, while the weights change; \(curves.heldOut) figures are of "
        + "the whole \(curves.heldOut) set after each epoch.",
      "<div class=\"columns\">\n\(charts.joined(separator: "\n"))\n</div>")
  }

  private var speed: String? {
    guard let curves else { return nil }
    let charts: [(heading: String, points: [LearningCurves.Point], quantity: LineChart.Quantity)] = [
      ("Learning rate", curves.learningRate, .number), ("Examples per second", curves.examplesPerSecond, .number),
      ("Time waiting for images", curves.waitingShare, .share),
    ]
    var shown = charts.enumerated().filter { $0.element.points.count > 1 }.map { index, chart in
      let lines = [LineChart.Line(name: chart.heading.lowercased(), points: chart.points, style: index + 2)]
      return HTML.chart(
        chart.heading,
        LineChart(chart.heading, lines, quantity: chart.quantity, fromZero: true, epochs: curves.epochs).svg())
    }
    // One point, as after one epoch, draws no line.
    let single = charts.filter { $0.points.count == 1 }.map { chart in
      let value = chart.points[0].value
      return (chart.heading, chart.quantity == .share ? TextFormat.percent(value) : TextFormat.significant(value))
    }
    if !single.isEmpty {
      shown.append(
        "<div class=\"panel\">\n<h3>Measured once</h3>\n\(HTML.definitions("Measured once", single))\n</div>")
    }
    if shown.isEmpty { return nil }
    // Three share a row, so that none stands alone in the next.
    let style = shown.count == 3 ? "columns three" : "columns"
    return HTML.section("Schedule and speed", "<div class=\"\(style)\">\n\(shown.joined(separator: "\n"))\n</div>")
  }

  private var circumstances: String? {
    let parts = [("Settings", settings), ("Environment", environment)].filter { !$0.1.isEmpty }.map { heading, pairs in
      "<details class=\"panel\">\n<summary><h3>\(heading)</h3></summary>\n\(HTML.definitions(heading, pairs))\n</details>"
    }
    if parts.isEmpty { return nil }
    return HTML.section("How it was made", "<div class=\"columns\">\n\(parts.joined(separator: "\n"))\n</div>")
  }
}
