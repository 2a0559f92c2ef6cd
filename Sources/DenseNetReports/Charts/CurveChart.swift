import Foundation

/// Draws ``LearningCurves``: where everything goes, then the elements from back to front.
struct CurveChart {
  private struct Line {
    var name: String
    var points: [LearningCurves.Point]
    var axis: AxisScale
  }

  private let title: String
  private let shownTitle: String?
  private let heldOut: String
  private let measure: String
  private let horizontal: AxisScale
  /// Loss, and accuracy too unless it has an axis of its own.
  private let left: AxisScale
  private let right: AxisScale?
  private let lines: [Line]

  private let width = 720.0
  private let height = 430.0
  private let lineWidth = 2.25
  private let plot: (left: Double, top: Double, right: Double, bottom: Double)

  init(_ curves: LearningCurves) {
    let all = [curves.trainLoss, curves.trainAccuracy, curves.testAccuracy]
    let last = all.joined().map(\.epoch).filter { $0.isFinite && $0 < 1e9 }.max() ?? 0
    let end = max(Double(max(curves.epochs, 1)), last)
    let start = end >= 3 ? 1.0 : 0.0
    horizontal = AxisScale(from: start, through: end, ticks: 10, leastStep: end >= 3 ? 1 : 0.1)

    let visible = all.map { $0.filter { $0.epoch.isFinite && $0.epoch >= start - 1e-9 && $0.epoch <= end } }
    let losses = visible[0].map(\.value).filter(\.isFinite)
    let accuracies = (visible[1] + visible[2]).map(\.value)
    if let greatest = losses.max(), greatest > 2.5 {
      left = AxisScale(covering: losses, ticks: 5, including: 0...0)
      right = AxisScale(covering: accuracies, ticks: 5, including: 0...1)
    } else {
      left = AxisScale(covering: losses + accuracies, ticks: 5, including: 0...1)
      right = nil
    }
    lines = [
      Line(name: "train loss", points: visible[0], axis: left),
      Line(name: "train acc", points: visible[1], axis: right ?? left),
      Line(name: "\(curves.heldOut) \(curves.heldOutMeasure)", points: visible[2], axis: right ?? left),
    ]
    title = curves.title ?? "Learning curves"
    (shownTitle, heldOut, measure) = (curves.title, curves.heldOut, curves.heldOutMeasure)
    let longestLabel = left.longestLabel
    plot = (
      left: 42 + 8.5 * Double(longestLabel), top: shownTitle == nil ? 48 : 80, right: width - (right == nil ? 70 : 124),
      bottom: height - 54
    )
  }

  func svg(theme: LearningCurves.Theme) -> String {
    let colors = theme == .dark ? ChartStyle.dark : ChartStyle.light
    var parts = [
      SVG.open(
        width: width, height: height, fontSize: 14, title: title, description: description, isDocument: true)
    ]
    if theme == .automatic { parts.append("<style>\(ChartStyle.darkRules(lines: lines.count))</style>") }
    parts.append(
      "<rect class=\"background\" width=\"\(SVG.number(width))\" height=\"\(SVG.number(height))\" rx=\"8\" "
        + "fill=\"\(colors.background)\"/>")
    if let shownTitle {
      let size = min(17, max(8, (width - plot.left) / 0.65 / Double(max(shownTitle.count, 1))))
      parts.append(
        SVG.text(
          plot.left, 32, shownTitle, "text", colors.text,
          attributes: "font-size=\"\(SVG.number(size))\" font-weight=\"600\""))
    }
    parts += axes(colors) + legend(colors)
    for index in lines.indices { parts += curve(index, colors) }
    parts += finalValues(colors)
    if lines.allSatisfy({ $0.points.isEmpty }) {
      parts.append(
        SVG.text(
          (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, "no data yet", "faint", colors.faintText,
          anchor: "middle"))
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }

  /// What the chart shows, for those who cannot see it.
  private var description: String {
    let ends = lines.compactMap { line in line.points.last.map { "\(line.name) \(SVG.valueText($0.value))" } }
    let extent =
      "Train loss, train accuracy and \(heldOut == "test" ? heldOut : "validation") \(measure == "acc" ? "accuracy" : measure) against epochs, up to \(horizontal.label(horizontal.upper))."
    return ends.isEmpty ? extent : "\(extent) At the end: \(ends.joined(separator: ", "))."
  }
}

// MARK: Axes

extension CurveChart {
  private func axes(_ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for tick in left.ticks {
      let y = y(tick, left)
      parts.append(SVG.segment(plot.left, y, plot.right, y, "grid", colors.grid))
      parts.append(SVG.text(plot.left - 10, y + 5, left.label(tick), "faint", colors.faintText, anchor: "end"))
    }
    for tick in right?.ticks ?? [] {
      let y = y(tick, right!)
      parts.append(SVG.segment(plot.right, y, plot.right + 5, y, "frame", colors.frame))
      parts.append(SVG.text(plot.right + 10, y + 5, right!.label(tick), "faint", colors.faintText))
    }
    for tick in horizontal.ticks {
      let x = x(tick)
      parts.append(SVG.segment(x, plot.top, x, plot.bottom, "grid", colors.grid))
      parts.append(SVG.segment(x, plot.bottom, x, plot.bottom + 5, "frame", colors.frame))
      parts.append(SVG.text(x, plot.bottom + 21, horizontal.label(tick), "faint", colors.faintText, anchor: "middle"))
    }
    parts.append(SVG.segment(plot.left, plot.bottom, plot.right, plot.bottom, "frame", colors.frame))
    parts.append(SVG.segment(plot.left, plot.top, plot.left, plot.bottom, "frame", colors.frame))
    if right != nil { parts.append(SVG.segment(plot.right, plot.top, plot.right, plot.bottom, "frame", colors.frame)) }
    parts.append(
      SVG.text((plot.left + plot.right) / 2, height - 12, "epoch", "text", colors.text, anchor: "middle"))
    let middle = (plot.top + plot.bottom) / 2
    parts.append(SVG.rotatedText(20, middle, right == nil ? "loss, accuracy" : "loss", "text", colors.text))
    if right != nil { parts.append(SVG.rotatedText(plot.right + 54, middle, "accuracy", "text", colors.text)) }
    return parts
  }

  /// Above the plot, where it can cover no line.
  private func legend(_ colors: ChartStyle.Colors) -> [String] {
    let y = plot.top - 22
    return lines.indices.flatMap { index in
      let x = plot.left + 132 * Double(index)
      return [
        SVG.sample(x, y, length: 38, index: index, colors, width: lineWidth),
        SVG.text(x + 46, y + 5, lines[index].name, "text", colors.text),
      ]
    }
  }
}

// MARK: Curves

extension CurveChart {
  private func curve(_ index: Int, _ colors: ChartStyle.Colors) -> [String] {
    let line = lines[index]
    let runs = line.points.split { !$0.value.isFinite }
    var parts: [String] = []
    let curves = runs.filter { $0.count > 1 }.map { run in run.map { (x($0.epoch), y($0.value, line.axis)) } }
    if !curves.isEmpty { parts.append(SVG.curve(curves, index: index, colors, width: lineWidth)) }
    // A point between two gaps has no line to lie on. Test accuracies are few and far between, so each is marked.
    let isTest = index == lines.count - 1
    let marked = isTest && line.points.count <= 40 ? Array(runs.joined()) : runs.filter { $0.count == 1 }.flatMap { $0 }
    for point in marked {
      parts.append(
        SVG.circle(x(point.epoch), y(point.value, line.axis), radius: 3.2, "mark\(index)", colors.line(index)))
    }
    return parts
  }

  /// The last value of each line beside its end, moved apart where they would overlap.
  private func finalValues(_ colors: ChartStyle.Colors) -> [String] {
    let ends = lines.indices.compactMap { index -> (index: Int, y: Double, text: String)? in
      guard let last = lines[index].points.last, let finite = lines[index].points.last(where: { $0.value.isFinite })
      else { return nil }
      return (index, y(finite.value, lines[index].axis), SVG.valueText(last.value))
    }.sorted { ($0.y, $0.index) < ($1.y, $1.index) }
    let heights = SVG.spread(ends.map(\.y), apart: 17, through: plot.bottom - 4)
    let end = lines.compactMap { $0.points.last.map { x($0.epoch) } }.max() ?? plot.right
    let offset = right != nil && end > plot.right - 60 ? plot.right + 66 : end + 9
    return zip(ends, heights).map { end, y in
      SVG.text(
        offset, y + 5, end.text, "mark\(end.index)", colors.line(end.index), attributes: "font-weight=\"600\"")
    }
  }
}

// MARK: Elements

extension CurveChart {
  private func x(_ epoch: Double) -> Double {
    plot.left + horizontal.fraction(epoch) * (plot.right - plot.left)
  }

  private func y(_ value: Double, _ axis: AxisScale) -> Double {
    plot.bottom - axis.fraction(value) * (plot.bottom - plot.top)
  }
}
