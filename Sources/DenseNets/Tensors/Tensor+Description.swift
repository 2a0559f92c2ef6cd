internal import Foundation

extension Tensor: CustomStringConvertible {
  /// The elements as NumPy prints an array of float32: nested brackets, aligned decimal points, as many digits as tell
  /// the numbers apart, and long arrays shortened to the ends of each axis.
  public var description: String {
    let values = values
    if rank == 0 { return "\(values[0])" }
    let edge = count > 1000 ? 3 : Int.max
    let style = NumberStyle(visible(values, axis: 0, base: 0, edge: edge))
    return render(values, axis: 0, base: 0, edge: edge, style: style)
  }

  /// Positions of an axis that are shown: all, or both ends.
  private func positions(_ axis: Int, edge: Int) -> [Int] {
    let extent = shape[axis]
    return edge == Int.max || extent <= 2 * edge
      ? Array(0..<extent) : Array(0..<edge) + Array(extent - edge..<extent)
  }

  private func visible(_ values: [Float], axis: Int, base: Int, edge: Int) -> [Float] {
    let step = rowStrides(shape)[axis]
    return positions(axis, edge: edge).flatMap { i in
      axis == rank - 1 ? [values[base + i]] : visible(values, axis: axis + 1, base: base + i * step, edge: edge)
    }
  }

  private func render(_ values: [Float], axis: Int, base: Int, edge: Int, style: NumberStyle) -> String {
    let step = rowStrides(shape)[axis]
    let shown = positions(axis, edge: edge)
    var parts = shown.map { i in
      axis == rank - 1
        ? style.text(values[base + i])
        : render(values, axis: axis + 1, base: base + i * step, edge: edge, style: style)
    }
    if shown.count < shape[axis] { parts.insert("...", at: edge) }
    let newLines = String(repeating: "\n", count: rank - 1 - axis)
    let separator = axis == rank - 1 ? " " : newLines + String(repeating: " ", count: axis + 1)
    return "[" + parts.joined(separator: separator) + "]"
  }
}

/// One way to write all numbers of an array: fixed or scientific, with room for the longest on either side of the point.
private struct NumberStyle {
  private let scientific: Bool
  private let whole: Int
  private let fraction: Int

  init(_ values: [Float]) {
    let sizes = values.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
    let (least, greatest) = (sizes.min() ?? 1, sizes.max() ?? 1)
    let scientific = greatest >= 1e8 || least < 1e-4 || greatest / least > 1000
    self.scientific = scientific
    let parts = values.filter(\.isFinite).map { NumberStyle.parts($0, scientific: scientific) }
    let fraction = parts.map(\.fraction.count).max() ?? 0
    let exponent = scientific ? 4 : 0
    let longest = parts.map(\.whole.count).max() ?? 0
    // Words such as nan take the room of a whole number, exponent included.
    let words = values.filter { !$0.isFinite }.map { NumberStyle.word($0).count - (fraction + 1 + exponent) }.max() ?? 0
    whole = max(longest, words)
    self.fraction = fraction
  }

  func text(_ value: Float) -> String {
    let width = whole + 1 + fraction + (scientific ? 4 : 0)
    guard value.isFinite else { return aligned(NumberStyle.word(value), width) }
    let parts = NumberStyle.parts(value, scientific: scientific)
    let fill = String(repeating: scientific ? "0" : " ", count: fraction - parts.fraction.count)
    return aligned(parts.whole, whole) + "." + parts.fraction + fill + parts.exponent
  }

  private func aligned(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func word(_ value: Float) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }

  /// The shortest digits that tell the number from its neighbours, at most eight after the point.
  private static func parts(_ value: Float, scientific: Bool) -> (whole: String, fraction: String, exponent: String) {
    // `e` notation with the fewest digits that read back as the number.
    let digits = (0...8).first { Float(String(format: "%.\($0)e", Double(value))) == value } ?? 8
    let short = String(format: "%.\(digits)e", Double(value))
    if scientific {
      let pieces = short.split(separator: "e")
      let mantissa = pieces[0].split(separator: ".")
      return (String(mantissa[0]), mantissa.count > 1 ? String(mantissa[1]) : "", "e" + pieces[1])
    }
    let exponent = Int(short.split(separator: "e")[1]) ?? 0
    let fixed = String(format: "%.\(min(8, max(0, digits - exponent)))f", Double(value))
    let pieces = fixed.split(separator: ".")
    var fraction = pieces.count > 1 ? String(pieces[1]) : ""
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return (String(pieces[0]), fraction, "")
  }
}
