import Foundation

/// The plot of a learning-rate range test: the loss against the rate, on a logarithmic axis.
public struct RangeTestChart: Sendable {
  /// Of every update: its rate, and the loss before it.
  public var rates: [Double]
  public var losses: [Double]
  public var smoothedLosses: [Double]
  /// Rates to mark, and what they are.
  public var marks: [(name: String, rate: Double)] = []
  public var title: String

  private let size = (width: 640.0, height: 400.0)
  private let plot = (left: 64.0, top: 64.0, right: 616.0, bottom: 340.0)

  /// - Precondition: the three lists are equally long.
  public init(title: String, rates: [Double], losses: [Double], smoothedLosses: [Double]) {
    precondition(rates.count == losses.count && rates.count == smoothedLosses.count)
    (self.title, self.rates, self.losses, self.smoothedLosses) = (title, rates, losses, smoothedLosses)
  }

  /// The plot as an SVG document. Equal tests give equal text.
  public func svg() -> String {
    let colors = ChartStyle.light
    let shown = smoothedLosses.filter(\.isFinite)
    // A loss that explodes at the end would flatten the rest.
    let (least, start) = (shown.min() ?? 0, shown.first ?? 1)
    let vertical = AxisScale(
      covering: [least, start, min(shown.max() ?? 1, start + (start - least))], ticks: 5, including: least...least)
    let exponents = rates.map(log10)
    let horizontal = AxisScale(from: exponents.first ?? -6, through: exponents.last ?? 0, ticks: 8, leastStep: 1)
    func x(_ rate: Double) -> Double { plot.left + horizontal.fraction(log10(rate)) * (plot.right - plot.left) }
    func y(_ loss: Double) -> Double { plot.bottom - vertical.fraction(loss) * (plot.bottom - plot.top) }
    var parts = [
      SVG.open(
        width: size.width, height: size.height, fontSize: 14, title: title, description: description, isDocument: true),
      "<style>\(ChartStyle.darkRules(lines: 3))</style>",
      SVG.rectangle(0, 0, width: size.width, height: size.height, "background", colors.background),
      SVG.text(16, 26, title, "text", colors.text, attributes: "font-weight=\"600\""),
    ]
    for tick in vertical.ticks {
      parts.append(SVG.segment(plot.left, y(tick), plot.right, y(tick), "grid", colors.grid))
      parts.append(
        SVG.text(plot.left - 8, y(tick) + 5, vertical.label(tick), "faint", colors.faintText, anchor: "end"))
    }
    for tick in horizontal.ticks {
      let at = x(pow(10, tick))
      parts.append(SVG.segment(at, plot.bottom, at, plot.bottom + 5, "frame", colors.frame))
      parts.append(
        SVG.text(at, plot.bottom + 21, label(tick), "faint", colors.faintText, anchor: "middle"))
    }
    parts.append(SVG.segment(plot.left, plot.bottom, plot.right, plot.bottom, "frame", colors.frame))
    parts.append(
      SVG.text(
        (plot.left + plot.right) / 2, plot.bottom + 46, "learning rate", "faint", colors.faintText, anchor: "middle"))
    let points = zip(rates, losses).filter { $1.isFinite && $1 <= vertical.upper && $1 >= vertical.lower }
    parts += points.map { SVG.circle(x($0), y($1), radius: 1.8, "faint", colors.faintText) }
    let curve = zip(rates, smoothedLosses).filter { $1.isFinite && $1 <= vertical.upper }.map { (x: x($0), y: y($1)) }
    if curve.count > 1 { parts.append(SVG.curve([curve], index: 0, colors, width: 2.5)) }
    for (index, mark) in marks.enumerated() where mark.rate.isFinite && mark.rate > 0 {
      let at = x(mark.rate)
      parts.append(SVG.segment(at, plot.top, at, plot.bottom, "line\(index + 1)", colors.line(index + 1)))
      let nearEnd = at > (plot.left + plot.right) / 2
      parts.append(
        SVG.text(
          at + (nearEnd ? -6 : 6), plot.top - 18 + 16 * Double(index), "\(mark.name): \(SVG.valueText(mark.rate))",
          "mark\(index + 1)", colors.line(index + 1), anchor: nearEnd ? "end" : nil))
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }

  private func label(_ exponent: Double) -> String {
    exponent >= -3 ? String(format: "%g", pow(10, exponent)) : String(format: "1e%d", Int(exponent))
  }

  private var description: String {
    let ends = marks.map { "\($0.name) \(SVG.valueText($0.rate))" }.joined(separator: ", ")
    return "Loss of \(rates.count) updates against their learning rates. \(ends)"
  }
}
