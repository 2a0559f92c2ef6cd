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

    // A run that has not ended has come as far as its last points.
    public var testAccuracy: Double? { Self.test(results?.testAccuracy, curves.testAccuracy, curves) }
    public var testLoss: Double? { Self.test(results?.testLoss, curves.testLoss, curves) }
    /// Of the best epoch's weights.
    public var bestTestAccuracy: Double? {
      Self.test(results?.bestTestAccuracy, [curves.best].compactMap(\.self), curves)
    }
    /// Of three parts: over the validation images.
    public var validationAccuracy: Double? {
      curves.heldOut == "test" ? nil : results?.validationAccuracy ?? curves.testAccuracy.last?.value
    }
    private static func test(_ result: Double?, _ points: [LearningCurves.Point], _ curves: RunCurves) -> Double? {
      result ?? (curves.heldOut == "test" ? points.last?.value : nil)
    }

    public var trainLoss: Double? { results?.trainLoss ?? curves.trainLoss.last?.value }
    public var examplesPerSecond: Double? { results?.examplesPerSecond ?? curves.examplesPerSecond.last?.value }
  }

  private let runs: [Run]

  public init(_ runs: [Run]) { self.runs = runs }

  private static let heads = [
    "run", "model", "dataset", "epochs", "parameters", "test acc", "best acc", "test loss", "train loss", "ex/s",
    "memory", "time",
  ]
  /// From here on, columns hold numbers.
  private static let firstNumber = 3

  private func cells(_ run: Run) -> [String] {
    func fixed(_ value: Double?, _ decimals: Int) -> String {
      value.map { $0.isFinite ? TextFormat.fixed($0, decimals: decimals) : "–" } ?? "–"
    }
    return [
      run.name, run.model ?? "–", run.dataset ?? "–", run.results == nil ? "\(run.epochs) so far" : "\(run.epochs)",
      run.results.map { TextFormat.thousands($0.parameters) } ?? "–", fixed(run.testAccuracy, 4),
      fixed(run.bestTestAccuracy, 4), fixed(run.testLoss, 3), fixed(run.trainLoss, 3),
      fixed(run.examplesPerSecond, 1),
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
      columns: Self.heads.enumerated().map { .init($1, $0 < Self.firstNumber ? .left : .right) })
    for run in runs { results.addRow(cells(run)) }
    if settingRows.isEmpty { return results.rendered() }
    var settings = TextTable(columns: ["setting"].map { .init($0) } + runs.map { .init($0.name) })
    for row in settingRows { settings.addRow(row.map { $0.count > 40 ? $0.prefix(39) + "…" : $0 }) }
    return results.rendered() + "\n" + settings.rendered()
  }

  /// A page that needs no other file.
  public func html() -> String {
    let results = HTML.table(
      "Results", Self.heads.enumerated().map { .init(head: $1, isNumber: $0 >= Self.firstNumber) },
      rows: runs.map { cells($0).map(escaped) })
    let curves = charts.map { HTML.chart($0.title, $0.chart.svg()) }.joined(separator: "\n")
    var body = [
      "<header>\n<h1>\(runs.count) runs</h1>\n</header>\n<main>", HTML.section("Results", results),
      HTML.section("Curves", "<div class=\"columns\">\n\(curves)\n</div>"),
    ]
    if !settingRows.isEmpty {
      let columns = [HTML.Column(head: "Setting")] + runs.map { HTML.Column(head: $0.name) }
      body.append(
        HTML.section("What differs", HTML.table("Settings", columns, rows: settingRows.map { $0.map(escaped) })))
    }
    body.append("</main>\n<footer>Made by densenet.</footer>")
    return HTML.document(title: "\(runs.count) runs", body: body.joined(separator: "\n"))
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
      description: "\(heldOut) accuracy, \(heldOut.lowercased()) loss and training loss of \(names) against epochs.",
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
      let lines = runs.enumerated().map { LineChart.Line(name: $1.name, points: points($1.curves), style: $0) }
      return (
        title,
        LineChart(title, lines, quantity: quantity, fromZero: quantity == .number, epochs: epochs, isCropped: true)
      )
    }
    return [
      chart("\(heldOut) accuracy", \.testAccuracy, .share), chart("\(heldOut) loss", \.testLoss, .number),
      chart("Training loss", \.trainLoss, .number),
    ]
  }
}
