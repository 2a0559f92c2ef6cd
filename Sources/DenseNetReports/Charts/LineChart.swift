import Foundation

/// Any number of lines against epochs, or against another count, for a page or as a file by itself.
struct LineChart {
  struct Line {
    var name: String
    var points: [LearningCurves.Point]
    /// Which colour and dashes the line has.
    var style: Int
  }

  /// What the numbers of the vertical axis are.
  enum Quantity {
    /// From 0 to 1, shown as percent.
    case share
    case number
  }

  private let title: String
  private let lines: [Line]
  private let quantity: Quantity
  private let axis: (name: String, plural: String)
  private let horizontal: AxisScale
  private let vertical: AxisScale
  private let legendRows: [[Int]]

  private let width = 460.0
  private let height: Double
  private let plot: (left: Double, top: Double, right: Double, bottom: Double)
  private let lineWidth = 2.0

  /// - Parameters:
  ///   - title: what the chart shows, such as `Loss`.
  ///   - lines: those without points are left out.
  ///   - fromZero: whether the vertical axis begins at 0 in any case.
  ///   - epochs: where the horizontal axis ends, unless there are later points.
  ///   - isCropped: whether a run of three or more epochs is shown from its first epoch's end, as in the chapter.
  ///   - axis: what the horizontal axis counts.
  init(
    _ title: String, _ lines: [Line], quantity: Quantity = .number, fromZero: Bool, epochs: Int,
    isCropped: Bool = false,
    axis: (name: String, plural: String) = ("epoch", "epochs")
  ) {
    self.title = title
    self.quantity = quantity
    self.axis = axis
    let last = lines.flatMap(\.points).map(\.epoch).filter { $0.isFinite && $0 < 1e9 }.max() ?? 0
    let end = max(Double(max(epochs, 1)), last)
    let start = isCropped && end >= 3 ? 1.0 : 0.0
    let visible = lines.map { line in
      var line = line
      line.points.removeAll { !($0.epoch >= start - 1e-9 && $0.epoch <= end) }
      return line
    }.filter { !$0.points.isEmpty }
    self.lines = visible
    horizontal = AxisScale(from: start, through: end, ticks: 8, leastStep: end >= 3 ? 1 : 0.1)
    let values = visible.flatMap(\.points).map(\.value).filter(\.isFinite)
    let middle = min(max(values.first ?? 0, -1e100), 1e100)
    let vertical = AxisScale(covering: values, ticks: 5, including: fromZero ? 0...0 : middle...middle)
    self.vertical = vertical
    legendRows = Self.legend(of: visible, width: width - 24)
    let top = 20 + 21 * Double(legendRows.count)
    let longest = vertical.ticks.map { Self.label($0, vertical, quantity).count }.max() ?? 0
    plot = (left: 20 + 7.5 * Double(longest), top: top, right: width - 66, bottom: top + 190)
    height = plot.bottom + 46
  }

  /// The chart as a part of a page.
  func svg() -> String {
    let opening = SVG.open(
      width: width, height: height, fontSize: 13, title: title, description: description, isDocument: false)
    return ([opening] + elements + ["</svg>", ""]).joined(separator: "\n")
  }

  /// The chart as a file by itself, light or dark as the viewer prefers.
  func document() -> String {
    let (colors, head) = (ChartStyle.light, 34.0)
    return
      ([
        SVG.open(
          width: width, height: head + height, fontSize: 13, title: title, description: description, isDocument: true),
        "<style>\(ChartStyle.darkRules(lines: lines.count))</style>",
        SVG.rectangle(0, 0, width: width, height: head + height, "background", colors.background),
        SVG.text(12, 24, title, "text", colors.text, attributes: "font-weight=\"600\""),
        "<g transform=\"translate(0 \(SVG.number(head)))\">",
      ] + elements + ["</g>", "</svg>", ""]).joined(separator: "\n")
  }

  /// The chart's elements, from back to front.
  var elements: [String] {
    let colors = ChartStyle.light
    var parts = axes(colors) + legend(colors) + lines.flatMap { curve($0, colors) } + finalValues(colors)
    if lines.isEmpty {
      let (x, y) = ((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2)
      parts.append(SVG.text(x, y, "no data yet", "faint", colors.faintText, anchor: "middle"))
    }
    return parts
  }

  /// The chart's size, for an image of several charts.
  var size: (width: Double, height: Double) { (width, height) }

  private var description: String {
    let ends = lines.map { "\($0.name) \(valueText($0.points[$0.points.count - 1].value))" }
    let extent = "\(title) against \(axis.plural), up to \(horizontal.label(horizontal.upper))."
    return ends.isEmpty ? extent : "\(extent) At the end: \(ends.joined(separator: ", "))."
  }
}

// MARK: Around the plot

extension LineChart {
  private func axes(_ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for tick in vertical.ticks {
      let y = y(tick)
      parts.append(SVG.segment(plot.left, y, plot.right, y, "grid", colors.grid))
      let label = Self.label(tick, vertical, quantity)
      parts.append(SVG.text(plot.left - 8, y + 4.5, label, "faint", colors.faintText, anchor: "end"))
    }
    for tick in horizontal.ticks {
      let x = x(tick)
      parts.append(SVG.segment(x, plot.bottom, x, plot.bottom + 4, "frame", colors.frame))
      parts.append(
        SVG.text(x, plot.bottom + 18, horizontal.label(tick), "faint", colors.faintText, anchor: "middle"))
    }
    parts.append(SVG.segment(plot.left, plot.bottom, plot.right, plot.bottom, "frame", colors.frame))
    parts.append(
      SVG.text((plot.left + plot.right) / 2, plot.bottom + 38, axis.name, "faint", colors.faintText, anchor: "middle"))
    return parts
  }

  private static func label(_ tick: Double, _ axis: AxisScale, _ quantity: Quantity) -> String {
    guard quantity == .share else { return axis.label(tick) }
    let percent = AxisScale(from: axis.lower * 100, through: axis.upper * 100, ticks: 5)
    return percent.label(tick * 100) + "%"
  }

  private static let sample = 26.0

  private static func width(of line: Line) -> Double { sample + 22 + 8.4 * Double(line.name.count) }

  /// The lines' places in the legend, row by row.
  private static func legend(of lines: [Line], width: Double) -> [[Int]] {
    var rows: [[Int]] = []
    var room = 0.0
    for (index, line) in lines.enumerated() {
      let needed = Self.width(of: line)
      if rows.isEmpty || needed > room {
        rows.append([])
        room = width
      }
      rows[rows.count - 1].append(index)
      room -= needed
    }
    return rows
  }

  /// Above the plot, where it can cover no line.
  private func legend(_ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for (row, indices) in legendRows.enumerated() {
      var x = 12.0
      let y = 16 + 21 * Double(row)
      for line in indices.map({ lines[$0] }) {
        parts.append(SVG.sample(x, y, length: Self.sample, index: line.style, colors, width: lineWidth))
        parts.append(SVG.text(x + Self.sample + 7, y + 4.5, line.name, "text", colors.text))
        x += Self.width(of: line)
      }
    }
    return parts
  }
}

// MARK: Lines

extension LineChart {
  private func curve(_ line: Line, _ colors: ChartStyle.Colors) -> [String] {
    let runs = line.points.split { !$0.value.isFinite }
    let curves = runs.filter { $0.count > 1 }.map { run in run.map { (x($0.epoch), y($0.value)) } }
    // A point between two gaps has no line to lie on.
    let marked = line.points.count <= 20 ? Array(runs.joined()) : runs.filter { $0.count == 1 }.flatMap { $0 }
    return (curves.isEmpty ? [] : [SVG.curve(curves, index: line.style, colors, width: lineWidth)])
      + marked.map {
        SVG.circle(x($0.epoch), y($0.value), radius: 2.6, "mark\(line.style)", colors.line(line.style))
      }
  }

  /// The last value of each line beside its end, moved apart where they would overlap.
  private func finalValues(_ colors: ChartStyle.Colors) -> [String] {
    let ends = lines.compactMap { line -> (style: Int, y: Double, text: String)? in
      guard let finite = line.points.last(where: { $0.value.isFinite }) else { return nil }
      return (line.style, y(finite.value), valueText(line.points[line.points.count - 1].value))
    }.sorted { ($0.y, $0.style) < ($1.y, $1.style) }
    let heights = SVG.spread(ends.map(\.y), apart: 15, through: plot.bottom - 3)
    return zip(ends, heights).map { end, y in
      SVG.text(
        plot.right + 7, y + 4.5, end.text, "mark\(end.style)", colors.line(end.style),
        attributes: "font-weight=\"600\"")
    }
  }

  private func valueText(_ value: Double) -> String {
    if quantity == .share, value.isFinite { return String(format: "%.1f%%", value * 100) }
    return SVG.valueText(value)
  }

  private func x(_ epoch: Double) -> Double {
    plot.left + horizontal.fraction(epoch) * (plot.right - plot.left)
  }

  private func y(_ value: Double) -> Double {
    plot.bottom - vertical.fraction(value) * (plot.bottom - plot.top)
  }
}
