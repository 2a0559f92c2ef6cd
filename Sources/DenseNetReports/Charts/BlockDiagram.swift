/// A dense block as a picture: a row for each state of its map, as wide as it has channels. Under each row lies what the
/// next layer reads, all of it, and behind it in the next row what that layer adds.
///
/// ```swift
/// let svg = BlockDiagram(layers: 4, inputChannels: 64, growthRate: 32).svg()
/// ```
public struct BlockDiagram: Sendable, Equatable {
  public var layers: Int
  public var inputChannels: Int
  public var growthRate: Int

  private static let width = 720.0
  /// Where the map's first channel and its last are.
  private static let (left, right) = (20.0, 560.0)
  private static let rowHeight = 34.0
  /// From one row to the next.
  private static let step = 68.0

  /// - Precondition: all are positive.
  public init(layers: Int, inputChannels: Int, growthRate: Int) {
    precondition(layers > 0 && inputChannels > 0 && growthRate > 0, "layers, channels and growth must be positive")
    (self.layers, self.inputChannels, self.growthRate) = (layers, inputChannels, growthRate)
  }

  /// The picture as an SVG document, light or dark as the viewer prefers. Its labels are formulas, without words.
  public func svg() -> String {
    let colors = ChartStyle.light
    let (width, height) = (Self.width, 40 + Self.step * Double(layers) + Self.rowHeight)
    var parts = [
      SVG.open(
        width: width, height: height, fontSize: 15, title: "A dense block of \(layers) layers",
        description: description,
        isDocument: true),
      "<style>\(ChartStyle.darkRules(lines: colors.lines.count))</style>",
      SVG.rectangle(0, 0, width: width, height: height, "background", colors.background),
    ]
    for layer in 0...layers { parts += row(after: layer, colors) }
    for layer in 1...layers { parts += reading(by: layer, colors) }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }

  private var description: String {
    let states = (0...layers).map { "\(channels($0))" }.joined(separator: ", ")
    return
      "Each layer reads all channels before it and adds \(growthRate) behind them, which stay as they are: \(states) channels."
  }

  /// Channels after so many layers.
  private func channels(_ layers: Int) -> Int { inputChannels + layers * growthRate }

  private func x(_ channel: Int) -> Double {
    Self.left + (Self.right - Self.left) * Double(channel) / Double(channels(layers))
  }

  private func y(_ row: Int) -> Double { 20 + Self.step * Double(row) }

  /// The map after so many layers: each slice in its layer's colour.
  private func row(after count: Int, _ colors: ChartStyle.Colors) -> [String] {
    var parts: [String] = []
    for layer in 0...count {
      let (left, right) = (x(layer == 0 ? 0 : channels(layer - 1)), x(channels(layer)))
      let (index, middle) = (Self.color(layer, colors), (left + right) / 2)
      parts.append(
        SVG.rectangle(
          left + 1, y(count), width: right - left - 2, height: Self.rowHeight, "mark\(index)", colors.line(index),
          attributes: "fill-opacity=\"\(layer == count ? 0.55 : 0.22)\" rx=\"3\""))
      if right - left >= 22 {
        let label = layer == 0 ? "x" : "f\(Self.subscripted(layer))"
        parts.append(SVG.text(middle, y(count) + 22.5, label, "text", colors.text, anchor: "middle"))
      }
    }
    let sum = count == 0 ? "\(inputChannels)" : "\(channels(count - 1)) + \(growthRate) = \(channels(count))"
    parts.append(SVG.text(Self.right + 16, y(count) + 22.5, sum, "text", colors.text))
    return parts
  }

  /// A bracket under all that a layer reads, and an arrow from it to what the layer adds.
  private func reading(by layer: Int, _ colors: ChartStyle.Colors) -> [String] {
    let index = Self.color(layer, colors)
    let (top, bottom) = (y(layer - 1) + Self.rowHeight + 5, y(layer) - 4)
    let (end, target) = (x(channels(layer - 1)), (x(channels(layer - 1)) + x(channels(layer))) / 2)
    let bend = top + 8
    let path =
      "M\(SVG.number(x(0) + 1)) \(SVG.number(top))V\(SVG.number(bend))H\(SVG.number(target))V\(SVG.number(bottom))"
      + "M\(SVG.number(end - 1)) \(SVG.number(top))V\(SVG.number(bend))"
      + "M\(SVG.number(target - 4)) \(SVG.number(bottom - 5))L\(SVG.number(target)) \(SVG.number(bottom))"
      + "L\(SVG.number(target + 4)) \(SVG.number(bottom - 5))"
    return [
      "<path class=\"line\(index)\" d=\"\(path)\" fill=\"none\" stroke=\"\(colors.line(index))\" stroke-width=\"1.6\"/>"
    ]
  }

  private static func color(_ layer: Int, _ colors: ChartStyle.Colors) -> Int { layer % colors.lines.count }

  private static func subscripted(_ number: Int) -> String {
    String(String.UnicodeScalarView("\(number)".unicodeScalars.map { Unicode.Scalar($0.value - 0x30 + 0x2080)! }))
  }
}
