import Foundation

/// ``LearningCurves`` as lines of text: what the chapter's `Animator` shows, in a terminal.
///
/// With Unicode, a character holds 2×4 dots of Braille; without, one sign, which the legend names.
public struct TerminalPlot: Sendable {
  private static let signs: [Character] = ["o", "+", "x"]
  /// Escape sequences for blue, yellow and green, which any terminal has.
  private static let colors = ["34", "33", "32"]

  private let unicode: Bool
  private let isColored: Bool

  /// - Parameters:
  ///   - unicode: whether the terminal shows Braille.
  ///   - colored: whether it knows escape sequences for colours.
  public init(unicode: Bool, colored: Bool) { (self.unicode, isColored) = (unicode, colored) }

  /// The plot, without line breaks at the lines' ends; nothing where there is no room or no point yet.
  /// - Parameters:
  ///   - width: characters of a line.
  ///   - height: lines, legend and axis included.
  public func lines(_ curves: LearningCurves, width: Int, height: Int) -> [String] {
    let (columns, rows) = (min(width, 120) - 7, height - 3)
    let all = [curves.trainLoss, curves.trainAccuracy, curves.testAccuracy]
    let points = all.map { $0.filter { $0.epoch.isFinite && $0.epoch >= 0 && $0.value.isFinite } }
    guard columns >= 20, rows >= 3, points.contains(where: { !$0.isEmpty }) else { return [] }
    let last = max(Double(max(curves.epochs, 1)), points.joined().map(\.epoch).filter { $0 < 1e9 }.max() ?? 0)
    // As many ticks as lines can carry; the greatest loss decides, as accuracies end at 1.
    let vertical = AxisScale(covering: points.joined().map(\.value), ticks: max(2, rows / 3), including: 0...1)
    var grid = DotGrid(columns: columns, rows: rows, dots: unicode ? (2, 4) : (1, 1))
    for (index, line) in points.enumerated() {
      grid.draw(line.map { ($0.epoch / last, 1 - vertical.fraction($0.value)) }, line: index)
    }
    let labels = Dictionary(
      vertical.ticks.map { (Int(((1 - vertical.fraction($0)) * Double(rows - 1)).rounded()), vertical.label($0)) },
      uniquingKeysWith: { $1 })
    let plot = (0..<rows).map { row in
      padded(labels[row] ?? "", 5) + (unicode ? " │" : " |") + text(grid.cells[row])
    }
    return [legend(curves, width: columns)] + plot + axis(last, columns)
  }

  private func legend(_ curves: LearningCurves, width: Int) -> String {
    let names = [
      ("train loss", curves.trainLoss), ("train acc", curves.trainAccuracy),
      ("\(curves.heldOut) \(curves.heldOutMeasure)", curves.testAccuracy),
    ]
    let parts = names.enumerated().map { index, line in
      let value = line.1.last.map { " " + TextFormat.fixed($0.value, decimals: 3) } ?? ""
      return (index, "\(unicode ? "━" : String(Self.signs[index])) \(line.0)\(value)")
    }
    // Where not all fit, the last are left out.
    var room = width
    let shown = parts.prefix { part in
      room -= part.1.count + 3
      return room >= -3
    }
    return "       " + shown.map { colored($0.1, line: $0.0) }.joined(separator: "   ")
  }

  private func axis(_ last: Double, _ columns: Int) -> [String] {
    let end = "\(TextFormat.fixed(last, decimals: last == last.rounded() ? 0 : 1)) \(last == 1 ? "epoch" : "epochs")"
    return [
      "      " + (unicode ? "└" : "+") + String(repeating: unicode ? "─" : "-", count: columns),
      "       0" + padded(end, columns - 1),
    ]
  }

  private func text(_ cells: [DotGrid.Cell]) -> String {
    var result = ""
    for cell in cells {
      guard let line = cell.line else {
        result += " "
        continue
      }
      let sign = unicode ? Character(Unicode.Scalar(0x2800 + UInt32(cell.dots))!) : Self.signs[line]
      result += colored(String(sign), line: line)
    }
    return result
  }

  private func colored(_ text: String, line: Int) -> String {
    isColored ? "\u{1b}[\(Self.colors[line])m\(text)\u{1b}[0m" : text
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// Dots on a raster of characters.
private struct DotGrid {
  struct Cell {
    /// The dots that are set, as Braille numbers them.
    var dots: UInt8 = 0
    /// The line that was drawn here last; nil where there is none.
    var line: Int?
  }

  /// Bits of Braille's dots: `[row][column]`.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  private(set) var cells: [[Cell]]
  private let columns: Int
  private let rows: Int
  private let dots: (x: Int, y: Int)

  /// - Parameter dots: how many a character has.
  init(columns: Int, rows: Int, dots: (Int, Int)) {
    (self.columns, self.rows, self.dots) = (columns, rows, dots)
    cells = [[Cell]](repeating: [Cell](repeating: Cell(), count: columns), count: rows)
  }

  /// Draws a line through points, whose coordinates go from 0 at the left and the top to 1.
  mutating func draw(_ points: [(x: Double, y: Double)], line: Int) {
    let places = points.map { point in
      (
        x: Int((min(max(point.x, 0), 1) * Double(columns * dots.x - 1)).rounded()),
        y: Int((min(max(point.y, 0), 1) * Double(rows * dots.y - 1)).rounded())
      )
    }
    if let first = places.first { set(first.x, first.y, line) }
    for (start, end) in zip(places, places.dropFirst()) {
      let steps = max(abs(end.x - start.x), abs(end.y - start.y))
      for step in 0..<steps {
        let part = Double(step + 1) / Double(steps)
        set(
          start.x + Int((Double(end.x - start.x) * part).rounded()),
          start.y + Int((Double(end.y - start.y) * part).rounded()), line)
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ line: Int) {
    let cell = (row: y / dots.y, column: x / dots.x)
    cells[cell.row][cell.column].dots |= Self.bits[y % dots.y][x % dots.x]
    cells[cell.row][cell.column].line = line
  }
}
