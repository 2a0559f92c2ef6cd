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
  private let horizontal: AxisScale
  /// Loss, and accuracy too unless it has an axis of its own.
  private let left: AxisScale
  private let right: AxisScale?
  private let lines: [Line]

  private let width = 720.0
  private let height = 430.0
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
      Line(name: "test acc", points: visible[2], axis: right ?? left),
    ]
    title = curves.title ?? "Learning curves"
    shownTitle = curves.title
    let longestLabel = left.longestLabel
    plot = (
      left: 42 + 8.5 * Double(longestLabel), top: shownTitle == nil ? 48 : 80, right: width - (right == nil ? 70 : 124),
      bottom: height - 54
    )
  }

  func svg(theme: LearningCurves.Theme) -> String {
    let colors = theme == .dark ? ChartStyle.dark : ChartStyle.light
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(width)) \(number(height))\" "
        + "width=\"\(number(width))\" height=\"\(number(height))\" role=\"img\" "
        + "font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif\" "
        + "font-size=\"14\">",
      "<title>\(escaped(title))</title>",
      "<desc>\(escaped(description))</desc>",
    ]
    if theme == .automatic { parts.append("<style>\(ChartStyle.darkRules)</style>") }
    parts.append(
      "<rect class=\"background\" width=\"\(number(width))\" height=\"\(number(height))\" rx=\"8\" "
        + "fill=\"\(colors.background)\"/>")
    if let shownTitle {
      let size = min(17, max(8, (width - plot.left) / 0.65 / Double(max(shownTitle.count, 1))))
      parts.append(
        text(
          plot.left, 32, shownTitle, "text", colors.text,
          attributes: "font-size=\"\(number(size))\" font-weight=\"600\""))
    }
    parts += axes(colors) + legend(colors)
    for index in lines.indices { parts += curve(index, colors) }
    parts += finalValues(colors)
    if lines.allSatisfy({ $0.points.isEmpty }) {
      parts.append(
        text(
          (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, "no data yet", "faint", colors.faintText,
          anchor: "middle"))
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }

  /// What the picture shows, for those who cannot see it.
  private var description: String {
    let ends = lines.compactMap { line in line.points.last.map { "\(line.name) \(valueText($0.value))" } }
    let extent =
      "Train loss, train accuracy and test accuracy against epochs, up to \(horizontal.label(horizontal.upper))."
    return ends.isEmpty ? extent : "\(extent) At the end: \(ends.joined(separator: ", "))."
  }
}

// MARK: Axes

extension CurveChart {
  private func axes(_ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for tick in left.ticks {
      let y = y(tick, left)
      parts.append(segment(plot.left, y, plot.right, y, "grid", colors.grid))
      parts.append(text(plot.left - 10, y + 5, left.label(tick), "faint", colors.faintText, anchor: "end"))
    }
    for tick in right?.ticks ?? [] {
      let y = y(tick, right!)
      parts.append(segment(plot.right, y, plot.right + 5, y, "frame", colors.frame))
      parts.append(text(plot.right + 10, y + 5, right!.label(tick), "faint", colors.faintText))
    }
    for tick in horizontal.ticks {
      let x = x(tick)
      parts.append(segment(x, plot.top, x, plot.bottom, "grid", colors.grid))
      parts.append(segment(x, plot.bottom, x, plot.bottom + 5, "frame", colors.frame))
      parts.append(text(x, plot.bottom + 21, horizontal.label(tick), "faint", colors.faintText, anchor: "middle"))
    }
    parts.append(segment(plot.left, plot.bottom, plot.right, plot.bottom, "frame", colors.frame))
    parts.append(segment(plot.left, plot.top, plot.left, plot.bottom, "frame", colors.frame))
    if right != nil { parts.append(segment(plot.right, plot.top, plot.right, plot.bottom, "frame", colors.frame)) }
    parts.append(
      text((plot.left + plot.right) / 2, height - 12, "epoch", "text", colors.text, anchor: "middle"))
    parts.append(rotated(20, right == nil ? "loss, accuracy" : "loss", colors))
    if right != nil { parts.append(rotated(plot.right + 54, "accuracy", colors)) }
    return parts
  }

  private func rotated(_ x: Double, _ label: String, _ colors: ChartStyle.Colors) -> String {
    let y = (plot.top + plot.bottom) / 2
    return text(
      x, y, label, "text", colors.text, anchor: "middle",
      attributes: "transform=\"rotate(-90 \(number(x)) \(number(y)))\"")
  }

  /// Above the plot, where it can cover no line.
  private func legend(_ colors: ChartStyle.Colors) -> [String] {
    let y = plot.top - 22
    return lines.indices.flatMap { index in
      let x = plot.left + 132 * Double(index)
      let sample =
        "<path class=\"line\(index)\" d=\"M\(number(x)) \(number(y))h38\" fill=\"none\" "
        + "stroke=\"\(colors.lines[index])\" \(strokeStyle(index))/>"
      return [sample, text(x + 46, y + 5, lines[index].name, "text", colors.text)]
    }
  }
}

// MARK: Curves

extension CurveChart {
  private func curve(_ index: Int, _ colors: ChartStyle.Colors) -> [String] {
    let line = lines[index]
    let runs = line.points.split { !$0.value.isFinite }
    var parts: [String] = []
    let path = runs.filter { $0.count > 1 }.map { run in
      "M" + run.map { "\(number(x($0.epoch))) \(number(y($0.value, line.axis)))" }.joined(separator: "L")
    }
    if !path.isEmpty {
      parts.append(
        "<path class=\"line\(index)\" d=\"\(path.joined())\" fill=\"none\" stroke=\"\(colors.lines[index])\" "
          + "stroke-linejoin=\"round\" \(strokeStyle(index))/>")
    }
    // A point between two gaps has no line to lie on. Test accuracies are few and far between, so each is marked.
    let isTest = index == lines.count - 1
    let marked = isTest && line.points.count <= 40 ? Array(runs.joined()) : runs.filter { $0.count == 1 }.flatMap { $0 }
    for point in marked {
      parts.append(
        "<circle class=\"mark\(index)\" cx=\"\(number(x(point.epoch)))\" cy=\"\(number(y(point.value, line.axis)))\" "
          + "r=\"3.2\" fill=\"\(colors.lines[index])\"/>")
    }
    return parts
  }

  /// The last value of each line beside its end, moved apart where they would overlap.
  private func finalValues(_ colors: ChartStyle.Colors) -> [String] {
    let spacing = 17.0
    let ends = lines.indices.compactMap { index -> (index: Int, y: Double, text: String)? in
      guard let last = lines[index].points.last, let finite = lines[index].points.last(where: { $0.value.isFinite })
      else { return nil }
      return (index, y(finite.value, lines[index].axis), valueText(last.value))
    }.sorted { ($0.y, $0.index) < ($1.y, $1.index) }
    var heights = ends.map(\.y)
    for i in heights.indices.dropFirst() { heights[i] = max(heights[i], heights[i - 1] + spacing) }
    if let lowest = heights.last, lowest > plot.bottom - 4 {
      heights[heights.count - 1] = plot.bottom - 4
      for i in heights.indices.dropLast().reversed() { heights[i] = min(heights[i], heights[i + 1] - spacing) }
    }
    let end = lines.compactMap { $0.points.last.map { x($0.epoch) } }.max() ?? plot.right
    let offset = right != nil && end > plot.right - 60 ? plot.right + 66 : end + 9
    return zip(ends, heights).map { end, y in
      text(
        offset, y + 5, end.text, "mark\(end.index)", colors.lines[end.index], attributes: "font-weight=\"600\"")
    }
  }

  private func strokeStyle(_ index: Int) -> String {
    let dashes = ChartStyle.dashes[index].map { " stroke-dasharray=\"\($0)\"" } ?? ""
    return "stroke-width=\"2.25\"\(dashes)"
  }

  private func valueText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "−∞" : "∞" }
    return String(format: abs(value) < 100 ? "%.3f" : abs(value) < 1000 ? "%.1f" : "%.3g", value)
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

  private func segment(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String, _ color: String
  ) -> String {
    "<path class=\"\(style)\" d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\" stroke=\"\(color)\"/>"
  }

  private func text(
    _ x: Double, _ y: Double, _ content: String, _ style: String, _ color: String, anchor: String? = nil,
    attributes: String = ""
  ) -> String {
    let anchor = anchor.map { " text-anchor=\"\($0)\"" } ?? ""
    let more = attributes.isEmpty ? "" : " " + attributes
    return "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\" fill=\"\(color)\"\(anchor)\(more)>"
      + "\(escaped(content))</text>"
  }

  /// A coordinate to a tenth of a pixel, without a superfluous zero.
  private func number(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)"
  }
}

/// Text for XML. Control characters, which XML cannot hold, are left out.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\u{0}"..<" ", "\u{7f}", "\u{fffe}", "\u{ffff}": result += " "
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
