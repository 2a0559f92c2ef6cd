/// Lines of measurements against a count, such as memory against layers, as an SVG document.
///
/// ```swift
/// var plot = LinePlot(title: "Memory, MiB", horizontal: "layers")
/// plot.add("one buffer", [(4, 1.5), (8, 2.6)])
/// let svg = plot.svg()
/// ```
public struct LinePlot: Sendable {
  /// What the vertical axis measures, with its unit.
  public var title: String
  /// What the horizontal axis counts.
  public var horizontal: String
  private var lines: [LineChart.Line] = []

  public init(title: String, horizontal: String) { (self.title, self.horizontal) = (title, horizontal) }

  /// Adds a line through points from left to right. A value that is not finite leaves a gap.
  public mutating func add(_ name: String, _ points: [(x: Double, y: Double)]) {
    let points = points.map { LearningCurves.Point(epoch: $0.x, value: $0.y) }
    lines.append(LineChart.Line(name: name, points: points, style: lines.count))
  }

  /// The plot, light or dark as the viewer prefers. Equal plots give equal text.
  public func svg() -> String {
    LineChart(title, lines, fromZero: true, epochs: 1, axis: (horizontal, horizontal)).document()
  }
}
