import Foundation

/// Elements of SVG as text. Colours stand in the attributes, for viewers that know no style sheets, and classes beside
/// them, for the style sheets of viewers that do.
enum SVG {
  static let fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

  /// The start of an image with its title and description, for those who cannot see it.
  /// - Parameter isDocument: whether it is a file by itself and not a part of a page, which sets its fonts and size.
  static func open(
    width: Double, height: Double, fontSize: Double, title: String, description: String, isDocument: Bool
  ) -> String {
    let size = isDocument ? " width=\"\(number(width))\" height=\"\(number(height))\"" : ""
    let family = isDocument ? " font-family=\"\(fonts)\"" : ""
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(width)) \(number(height))\"\(size) "
      + "role=\"img\"\(family) font-size=\"\(number(fontSize))\">\n"
      + "<title>\(escaped(title))</title>\n<desc>\(escaped(description))</desc>"
  }

  static func segment(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String, _ color: String
  ) -> String {
    "<path class=\"\(style)\" d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\" stroke=\"\(color)\"/>"
  }

  static func text(
    _ x: Double, _ y: Double, _ content: String, _ style: String, _ color: String, anchor: String? = nil,
    attributes: String = ""
  ) -> String {
    let anchor = anchor.map { " text-anchor=\"\($0)\"" } ?? ""
    let more = attributes.isEmpty ? "" : " " + attributes
    return "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\" fill=\"\(color)\"\(anchor)\(more)>"
      + "\(escaped(content))</text>"
  }

  /// A text that runs upwards, its middle at the point.
  static func rotatedText(_ x: Double, _ y: Double, _ content: String, _ style: String, _ color: String) -> String {
    text(
      x, y, content, style, color, anchor: "middle",
      attributes: "transform=\"rotate(-90 \(number(x)) \(number(y)))\"")
  }

  static func rectangle(
    _ x: Double, _ y: Double, width: Double, height: Double, _ style: String, _ color: String, attributes: String = ""
  ) -> String {
    let more = attributes.isEmpty ? "" : " " + attributes
    return "<rect class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
      + "height=\"\(number(height))\" fill=\"\(color)\"\(more)/>"
  }

  static func circle(_ x: Double, _ y: Double, radius: Double, _ style: String, _ color: String) -> String {
    "<circle class=\"\(style)\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" fill=\"\(color)\"/>"
  }

  /// The lines through points in a class `line<index>`, one for each run of points.
  static func curve(_ runs: [[(x: Double, y: Double)]], index: Int, _ colors: ChartStyle.Colors, width: Double)
    -> String
  {
    let path = runs.map { run in "M" + run.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L") }
    return "<path class=\"line\(index)\" d=\"\(path.joined())\" fill=\"none\" stroke=\"\(colors.line(index))\" "
      + "stroke-linejoin=\"round\" \(stroke(index, width: width))/>"
  }

  /// A sample of a line, for a legend.
  static func sample(
    _ x: Double, _ y: Double, length: Double, index: Int, _ colors: ChartStyle.Colors, width: Double
  ) -> String {
    "<path class=\"line\(index)\" d=\"M\(number(x)) \(number(y))h\(number(length))\" fill=\"none\" "
      + "stroke=\"\(colors.line(index))\" \(stroke(index, width: width))/>"
  }

  private static func stroke(_ index: Int, width: Double) -> String {
    let dashes = ChartStyle.dashes[index % ChartStyle.dashes.count].map { " stroke-dasharray=\"\($0)\"" } ?? ""
    return "stroke-width=\"\(width)\"\(dashes)"
  }

  /// Sorted heights of texts, moved so far that none overlap and none lies below `lowest`.
  static func spread(_ heights: [Double], apart spacing: Double, through lowest: Double) -> [Double] {
    var heights = heights
    for i in heights.indices.dropFirst() { heights[i] = max(heights[i], heights[i - 1] + spacing) }
    if let last = heights.last, last > lowest {
      heights[heights.count - 1] = lowest
      for i in heights.indices.dropLast().reversed() { heights[i] = min(heights[i], heights[i + 1] - spacing) }
    }
    return heights
  }

  /// A value beside its line's end.
  static func valueText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "−∞" : "∞" }
    if value != 0, abs(value) < 0.005 { return String(format: "%.2g", value) }
    return String(format: abs(value) < 100 ? "%.3f" : abs(value) < 1000 ? "%.1f" : "%.3g", value)
  }

  /// A coordinate to a tenth of a pixel, without a superfluous zero.
  static func number(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)"
  }
}

/// Text for XML and HTML. Control characters, which XML cannot hold, are left out.
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
