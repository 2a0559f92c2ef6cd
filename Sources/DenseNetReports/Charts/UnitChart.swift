import DenseNets

/// One curve of shares against shares, both from 0 to 1: a ROC curve, or precision against recall.
struct UnitChart {
  let title: String
  let horizontal: String
  let vertical: String
  /// From left to right.
  let points: [(x: Double, y: Double)]
  /// The curve of a network that knows nothing, from the left to the right end.
  let chance: (Double, Double)
  /// What the curve amounts to, such as `AUROC 0.912`.
  let value: String

  private let width = 460.0
  private let height = 400.0
  private let plot = (left: 66.0, top: 34.0, right: 434.0, bottom: 342.0)

  /// The true against the false positive rate at each threshold; nil unless there are images of both kinds.
  static func roc(_ label: LabelResult) -> UnitChart? {
    guard let area = label.auroc else { return nil }
    let rates = zip(label.curve.falsePositives, label.curve.truePositives).map {
      (x: Double($0) / Double(label.negatives), y: Double($1) / Double(label.positives))
    }
    return UnitChart(
      title: "ROC curve of \(label.name)", horizontal: "false positive rate", vertical: "true positive rate",
      points: [(0, 0)] + rates, chance: (0, 1), value: "AUROC \(TextFormat.fixed(area, decimals: 3))")
  }

  /// Precision against recall at each threshold; nil unless there are images of both kinds.
  static func precisionRecall(_ label: LabelResult) -> UnitChart? {
    guard label.hasBothClasses, let area = label.averagePrecision, let prevalence = label.prevalence else { return nil }
    let rates = zip(label.curve.truePositives, label.curve.falsePositives).map {
      (x: Double($0) / Double(label.positives), y: Double($0) / Double($0 + $1))
    }
    return UnitChart(
      title: "Precision and recall of \(label.name)", horizontal: "recall", vertical: "precision",
      points: [(0, 1)] + rates, chance: (prevalence, prevalence),
      value: "average precision \(TextFormat.fixed(area, decimals: 3))")
  }

  /// A part of a page, with the page's colours.
  func svg() -> String {
    let colors = ChartStyle.light
    let opening = SVG.open(
      width: width, height: height, fontSize: 13, title: title,
      description: "\(vertical) against \(horizontal); \(value).", isDocument: false)
    let shown = drawn
    return
      ([opening] + axes(colors) + [
        SVG.curve([[point(0, chance.0), point(1, chance.1)]], index: 1, colors, width: 1.2),
        SVG.curve([shown], index: 0, colors, width: 2.25),
        SVG.text(plot.left, 20, value, "mark0", colors.line(0), attributes: "font-weight=\"600\""), "</svg>", "",
      ]).joined(separator: "\n")
  }

  /// The points in pixels, those left out that lie within a pixel of the one before: a curve of a million images must
  /// not make a page of as many points.
  private var drawn: [(x: Double, y: Double)] {
    var result: [(x: Double, y: Double)] = []
    for (index, place) in points.enumerated() {
      let next = point(place.x, place.y)
      if let last = result.last, index + 1 < points.count, abs(last.x - next.x) < 1, abs(last.y - next.y) < 1 {
        continue
      }
      result.append(next)
    }
    return result
  }

  private func axes(_ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for tick in [0, 0.2, 0.4, 0.6, 0.8, 1] {
      let (label, place) = ("\(Int((tick * 100).rounded()))%", point(tick, tick))
      parts.append(SVG.segment(plot.left, place.y, plot.right, place.y, "grid", colors.grid))
      parts.append(SVG.segment(place.x, plot.top, place.x, plot.bottom, "grid", colors.grid))
      parts.append(SVG.text(plot.left - 8, place.y + 4.5, label, "faint", colors.faintText, anchor: "end"))
      parts.append(SVG.text(place.x, plot.bottom + 18, label, "faint", colors.faintText, anchor: "middle"))
    }
    parts.append(SVG.segment(plot.left, plot.bottom, plot.right, plot.bottom, "frame", colors.frame))
    parts.append(SVG.segment(plot.left, plot.top, plot.left, plot.bottom, "frame", colors.frame))
    let middle = (plot.left + plot.right) / 2
    parts.append(SVG.text(middle, plot.bottom + 38, horizontal, "faint", colors.faintText, anchor: "middle"))
    parts.append(SVG.rotatedText(14, (plot.top + plot.bottom) / 2, vertical, "faint", colors.faintText))
    return parts
  }

  private func point(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (plot.left + x * (plot.right - plot.left), plot.bottom - y * (plot.bottom - plot.top))
  }
}
