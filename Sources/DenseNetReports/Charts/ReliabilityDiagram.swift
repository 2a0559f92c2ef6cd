/// Accuracy against confidence, bin by bin, with the gap to the diagonal; below, how many images each bin has.
struct ReliabilityDiagram {
  private let calibration: Calibration
  private let width = 460.0
  private let height = 430.0
  private let plot = (left: 66.0, top: 34.0, right: 434.0, bottom: 284.0)
  private let counts = (top: 304.0, bottom: 384.0)

  private let isOfLabel: Bool

  /// - Parameter isOfLabel: whether it is of the probabilities of one label, and not of predictions.
  init(_ calibration: Calibration, isOfLabel: Bool = false) {
    (self.calibration, self.isOfLabel) = (calibration, isOfLabel)
  }

  private var share: String { isOfLabel ? "share with the label" : "accuracy" }
  private var confidence: String { isOfLabel ? "probability" : "confidence" }

  /// A part of a page, with the page's colours.
  func svg() -> String {
    let colors = ChartStyle.light
    let parts = [
      SVG.open(
        width: width, height: height, fontSize: 13, title: "Reliability diagram", description: description,
        isDocument: false)
    ]
    return (parts + axes(colors) + bars(colors) + legend(colors) + ["</svg>", ""]).joined(separator: "\n")
  }

  private var description: String {
    let bins = calibration.bins.filter { $0.count > 0 }.map { bin in
      let (sure, right) = (TextFormat.percent(bin.confidence), TextFormat.percent(bin.accuracy))
      return isOfLabel ? "\(sure) probable, \(right) have the label" : "\(sure) sure, \(right) right"
    }
    return "\(share.prefix(1).uppercased())\(share.dropFirst()) by \(confidence): \(bins.joined(separator: "; "))."
  }

  private func axes(_ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for tick in [0, 0.2, 0.4, 0.6, 0.8, 1] {
      let label = "\(Int((tick * 100).rounded()))%"
      parts.append(SVG.segment(plot.left, y(tick), plot.right, y(tick), "grid", colors.grid))
      parts.append(SVG.text(plot.left - 8, y(tick) + 4.5, label, "faint", colors.faintText, anchor: "end"))
      parts.append(SVG.text(x(tick), counts.bottom + 18, label, "faint", colors.faintText, anchor: "middle"))
    }
    let middle = (plot.left + plot.right) / 2
    parts.append(SVG.text(middle, counts.bottom + 38, confidence, "faint", colors.faintText, anchor: "middle"))
    let sides = [((plot.top + plot.bottom) / 2, share), ((counts.top + counts.bottom) / 2, "images")]
    return parts + sides.map { SVG.rotatedText(14, $0, $1, "faint", colors.faintText) }
  }

  private func bars(_ colors: ChartStyle.Colors) -> [String] {
    let most = Double(calibration.bins.map(\.count).max() ?? 1)
    var parts: [String] = []
    for bin in calibration.bins where bin.count > 0 {
      let (left, barWidth) = (x(bin.lower) + 1, x(bin.upper) - x(bin.lower) - 2)
      let (upper, lower) = (max(bin.accuracy, bin.confidence), min(bin.accuracy, bin.confidence))
      parts.append(
        SVG.rectangle(
          left, y(bin.accuracy), width: barWidth, height: plot.bottom - y(bin.accuracy), "bar", colors.line(0)))
      parts.append(
        SVG.rectangle(left, y(upper), width: barWidth, height: y(lower) - y(upper), "gap", "none"))
      let tall = max(1, Double(bin.count) / most * (counts.bottom - counts.top))
      parts.append(SVG.rectangle(left, counts.bottom - tall, width: barWidth, height: tall, "bar", colors.line(0)))
    }
    parts.append(
      "<path class=\"frame\" d=\"M\(SVG.number(x(0))) \(SVG.number(y(0)))L\(SVG.number(x(1))) \(SVG.number(y(1)))\" "
        + "stroke=\"\(colors.frame)\" stroke-dasharray=\"5 4\" stroke-width=\"1.5\"/>")
    for bottom in [plot.bottom, counts.bottom] {
      parts.append(SVG.segment(plot.left, bottom, plot.right, bottom, "frame", colors.frame))
    }
    return parts
  }

  private func legend(_ colors: ChartStyle.Colors) -> [String] {
    let second = plot.left + (isOfLabel ? 180 : 110)
    return [("bar", share, plot.left), ("gap", "gap to the \(confidence)", second)].flatMap { style, name, x in
      [
        SVG.rectangle(x, 8, width: 14, height: 14, style, colors.line(0)),
        SVG.text(x + 21, 19.5, name, "text", colors.text),
      ]
    }
  }

  private func x(_ confidence: Double) -> Double { plot.left + confidence * (plot.right - plot.left) }

  private func y(_ accuracy: Double) -> Double { plot.bottom - min(max(accuracy, 0), 1) * (plot.bottom - plot.top) }
}
