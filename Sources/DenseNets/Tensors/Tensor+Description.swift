internal import Foundation

extension Tensor: CustomStringConvertible {
  /// The elements as NumPy prints them: nested brackets, aligned columns, long axes shortened.
  public var description: String {
    if rank == 0 { return format(storage[0], digits: 4) }
    let values = values
    let shown = count > 1000 ? 3 : Int.max
    let width = visible(values, axis: 0, base: 0, edge: shown).map { format($0, digits: 4).count }.max() ?? 0
    return render(values, axis: 0, base: 0, edge: shown, width: width)
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

  private func render(_ values: [Float], axis: Int, base: Int, edge: Int, width: Int) -> String {
    let step = rowStrides(shape)[axis]
    let shown = positions(axis, edge: edge)
    var parts = shown.map { i in
      axis == rank - 1
        ? padded(format(values[base + i], digits: 4), to: width)
        : render(values, axis: axis + 1, base: base + i * step, edge: edge, width: width)
    }
    if shown.count < shape[axis] { parts.insert("...", at: edge) }
    let separator =
      axis == rank - 1 ? " " : String(repeating: "\n", count: rank - 1 - axis) + String(repeating: " ", count: axis + 1)
    return "[" + parts.joined(separator: separator) + "]"
  }

  private func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func format(_ value: Float, digits: Int) -> String {
    if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let magnitude = abs(value)
    let scientific = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6)
    return String(format: scientific ? "%.\(digits)e" : "%.\(digits)f", Double(value))
  }
}
