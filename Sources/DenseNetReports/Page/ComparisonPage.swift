/// A comparison of runs: a table of results, the settings in which they differ, and their curves over one another, as a
/// page, as an image, and as plain text.
public struct ComparisonPage: Sendable {
  public struct Run: Sendable {
    public var name: String
    public var model: String?
    public var dataset: String?
    /// Nil for a run that has not finished.
    public var results: ReportPage.Results?
    public var curves: RunCurves
    /// The epochs that were finished.
    public var epochs: Int
    /// The settings in which the runs differ, with the same keys in each run.
    public var settings: [(key: String, value: String)]

    public init(
      name: String, model: String?, dataset: String?, results: ReportPage.Results?, curves: RunCurves, epochs: Int,
      settings: [(key: String, value: String)]
    ) {
      (self.name, self.model, self.dataset, self.results) = (name, model, dataset, results)
      (self.curves, self.epochs, self.settings) = (curves, epochs, settings)
    }

    /// Whether the images have several labels each: the best epoch is then that of the best mean AUROC.
    public var hasSeveralLabels: Bool { results?.meanAUROC != nil || !curves.meanAUROC.isEmpty }

    // A run that has not ended has come as far as its last points.
    public var testAccuracy: Double? { test(results?.testAccuracy, curves.testAccuracy.last) }
    public var testLoss: Double? { test(results?.testLoss, curves.testLoss.last) }
    /// Of several labels.
    public var meanAUROC: Double? { test(results?.meanAUROC, curves.meanAUROC.last) }
    /// Of the best epoch's weights.
    public var bestTestAccuracy: Double? { test(results?.bestTestAccuracy, curves.accuracyOfBest) }
    /// The same of several labels.
    public var bestMeanAUROC: Double? { test(results?.bestMeanAUROC, curves.bestMeanAUROC) }
    /// Of three parts: over the validation images.
    public var validationAccuracy: Double? { validation(results?.validationAccuracy, curves.testAccuracy.last) }
    /// The same of several labels.
    public var validationMeanAUROC: Double? { validation(results?.validationMeanAUROC, curves.meanAUROC.last) }

    private func test(_ result: Double?, _ point: LearningCurves.Point?) -> Double? {
      result ?? (curves.heldOut == "test" ? point?.value : nil)
    }
    private func validation(_ result: Double?, _ point: LearningCurves.Point?) -> Double? {
      curves.heldOut == "test" ? nil : result ?? point?.value
    }

    public var trainLoss: Double? { results?.trainLoss ?? curves.trainLoss.last?.value }
    public var examplesPerSecond: Double? { results?.examplesPerSecond ?? curves.examplesPerSecond.last?.value }
  }

  private let runs: [Run]

  public init(_ runs: [Run]) { self.runs = runs }

  /// Of images with one class each, and of images with several labels.
  private var showsAccuracy: Bool { runs.contains { !$0.hasSeveralLabels } }
  private var showsAUROC: Bool { runs.contains(where: \.hasSeveralLabels) }

  private var heads: [String] {
    ["run", "model", "dataset", "epochs", "parameters"] + (showsAccuracy ? ["test acc", "best acc"] : [])
      + (showsAUROC ? ["test AUROC", "best AUROC"] : []) + ["test loss", "train loss", "ex/s", "memory", "time"]
  }
  /// From here on, columns hold numbers.
  private static let firstNumber = 3

  private func cells(_ run: Run) -> [String] {
    func fixed(_ value: Double?, _ decimals: Int) -> String {
      value.map { $0.isFinite ? TextFormat.fixed($0, decimals: decimals) : "–" } ?? "–"
    }
    let (accuracies, areas) =
      run.hasSeveralLabels
      ? ([nil, nil], [run.meanAUROC, run.bestMeanAUROC]) : ([run.testAccuracy, run.bestTestAccuracy], [nil, nil])
    let shown: [Double?] = (showsAccuracy ? accuracies : []) + (showsAUROC ? areas : [])
    return [
      run.name, run.model ?? "–", run.dataset ?? "–", run.results == nil ? "\(run.epochs) so far" : "\(run.epochs)",
      run.results.map { TextFormat.thousands($0.parameters) } ?? "–",
    ] + shown.map { fixed($0, 4) } + [
      fixed(run.testLoss, 3), fixed(run.trainLoss, 3), fixed(run.examplesPerSecond, 1),
      run.results.map { TextFormat.bytes($0.peakMemoryBytes) } ?? "–",
      run.results.map { TextFormat.duration($0.seconds) } ?? "–",
    ]
  }

  /// What the curves are of.
  private var heldOut: String {
    let names = Set(runs.map(\.curves.heldOut))
    return names == ["test"] ? "Test" : names == ["validation"] ? "Validation" : "Held-out"
  }

  private var settingRows: [[String]] {
    (runs.first?.settings ?? []).enumerated().map { index, setting in
      [setting.key] + runs.map { $0.settings[index].value }
    }
  }

  /// The tables in plain text, as a terminal shows them.
  public func text() -> String {
    var results = TextTable(
      columns: heads.enumerated().map { .init($1, $0 < Self.firstNumber ? .left : .right) })
    for run in runs { results.addRow(cells(run)) }
    if settingRows.isEmpty { return results.rendered() }
    var settings = TextTable(columns: ["setting"].map { .init($0) } + runs.map { .init($0.name, limit: 40) })
    for row in settingRows { settings.addRow(row.map { $0.count > 40 ? $0.prefix(39) + "…" : $0 }) }
    return results.rendered() + "\n" + settings.rendered()
  }

  /// A page that needs no other file.
  public func html() -> String {
    let results = HTML.table(
      "Results", heads.enumerated().map { .init(head: $1, isNumber: $0 >= Self.firstNumber) },
      rows: runs.map { cells($0).map(escaped) })
    let curves = charts.map { title, chart in
      HTML.chart(title, chart.svg(), note: title == Self.trainingLoss ? lossNote : nil)
    }.joined(separator: "\n")
    var body = [
      "<header>\n<h1>\(runs.count) runs</h1>\n</header>\n<main>", HTML.section("Results", results),
      HTML.section("Curves", "<div class=\"columns\">\n\(curves)\n</div>"),
    ]
    if !settingRows.isEmpty {
      let columns =
        [HTML.Column(head: "Setting")] + runs.map { HTML.Column(head: DisplayWidth.fitted($0.name, to: 40)) }
      body.append(
        HTML.section("What differs", HTML.table("Settings", columns, rows: settingRows.map { $0.map(escaped) })))
    }
    body.append("</main>\n<footer>Made by densenet.</footer>")
    return HTML.document(title: "\(runs.count) runs", body: body.joined(separator: "\n"))
  }

  private var measures: String {
    [showsAccuracy ? "accuracy" : nil, showsAUROC ? "mean AUROC" : nil].compactMap(\.self).joined(separator: ", ")
  }

  private static let trainingLoss = "Training loss"

  /// What each training loss includes, where the runs differ in that.
  private var lossNote: String? {
    let terms = runs.map(\.curves.trainLossTerms)
    guard Set(terms).count > 1 else { return nil }
    let parts = zip(runs, terms).map { run, terms in
      "\(DisplayWidth.fitted(run.name, to: 40)): \(terms.isEmpty ? "plain cross-entropy" : terms.joined(separator: ", "))"
    }
    return "These losses are not comparable with one another. \(parts.joined(separator: "; "))."
  }

  /// The curves as one image, one chart below the other.
  public func svg() -> String {
    let colors = ChartStyle.light
    let headHeight = 34.0
    let height = charts.reduce(0) { $0 + headHeight + $1.chart.size.height }
    let width = charts[0].chart.size.width
    var y = 0.0
    let parts = charts.map { title, chart -> String in
      defer { y += headHeight + chart.size.height }
      return SVG.text(12, y + 24, title, "text", colors.text, attributes: "font-weight=\"600\"")
        + "\n<g transform=\"translate(0 \(SVG.number(y + headHeight)))\">\n"
        + "\(chart.elements.joined(separator: "\n"))\n</g>"
    }
    let names = runs.map(\.name).joined(separator: ", ")
    return SVG.open(
      width: width, height: height, fontSize: 13, title: "Curves of \(runs.count) runs",
      description: "\(heldOut) \(measures), \(heldOut.lowercased()) loss and training loss of \(names) against epochs.",
      isDocument: true)
      + "\n<style>\(ChartStyle.darkRules(lines: runs.count))</style>\n"
      + SVG.rectangle(0, 0, width: width, height: height, "background", colors.background) + "\n"
      + parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private var charts: [(title: String, chart: LineChart)] {
    let epochs = runs.map(\.curves.epochs).max() ?? 1
    func chart(
      _ title: String, _ points: (RunCurves) -> [LearningCurves.Point], _ quantity: LineChart.Quantity
    ) -> (String, LineChart) {
      let lines = runs.enumerated().map {
        LineChart.Line(name: DisplayWidth.fitted($1.name, to: 40), points: points($1.curves), style: $0)
      }
      return (
        title,
        LineChart(title, lines, quantity: quantity, fromZero: quantity == .number, epochs: epochs, isCropped: true)
      )
    }
    let accuracy = chart("\(heldOut) accuracy", { $0.meanAUROC.isEmpty ? $0.testAccuracy : [] }, .share)
    let ranking = chart("\(heldOut) mean AUROC", \.meanAUROC, .share)
    return (showsAccuracy ? [accuracy] : []) + (showsAUROC ? [ranking] : [])
      + [chart("\(heldOut) loss", \.testLoss, .number), chart(Self.trainingLoss, \.trainLoss, .number)]
  }
}
