import DenseNets

/// A table in plain text: columns of the width that they need, two spaces apart, a rule below the heads.
///
/// ```
/// layer   output shape    parameters
/// ------  --------------  ----------
/// 0.0     [1, 64, 48, 48]      3,200
/// ```
package struct TextTable: Sendable {
  package enum Alignment: Sendable {
    case left
    case right
  }

  package struct Column: Sendable {
    package var head: String
    package var alignment: Alignment
    /// The most columns of a terminal that a cell takes; longer texts are cut with an ellipsis.
    package var limit: Int
    /// Whether the start of a long text is cut, as of a path.
    package var keepsEnd: Bool

    package init(_ head: String, _ alignment: Alignment = .left, limit: Int = .max, keepsEnd: Bool = false) {
      (self.head, self.alignment, self.limit, self.keepsEnd) = (printable(head), alignment, limit, keepsEnd)
    }
  }

  private enum Line {
    case cells([String])
    case rule
  }

  private let columns: [Column]
  private var lines: [Line] = []

  package init(columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row of one text per column. Line breaks in a text become spaces, other control characters are escaped.
  /// - Precondition: there are as many texts as columns.
  package mutating func addRow(_ cells: [String]) {
    precondition(cells.count == columns.count, "expected \(columns.count) cells, found \(cells.count)")
    lines.append(
      .cells(
        zip(columns, cells).map { column, cell in
          let line = printable(String(cell.map { $0.isNewline ? " " : $0 }))
          return DisplayWidth.fitted(line, to: column.limit, keepsEnd: column.keepsEnd)
        }))
  }

  /// Adds a rule, above totals for example.
  package mutating func addRule() {
    lines.append(.rule)
  }

  /// The table, each line with a line feed at its end and no space before it.
  package func rendered() -> String {
    var widths = columns.map { DisplayWidth.columns($0.head) }
    for case .cells(let cells) in lines {
      for (index, cell) in cells.enumerated() {
        widths[index] = max(widths[index], DisplayWidth.columns(cell))
      }
    }
    let all = [.cells(columns.map(\.head)), .rule] + lines
    return all.map { line in
      switch line {
      case .rule: widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ") + "\n"
      case .cells(let cells): row(cells, widths) + "\n"
      }
    }.joined()
  }

  private func row(_ cells: [String], _ widths: [Int]) -> String {
    var result = ""
    for (index, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[index] - DisplayWidth.columns(cell))
      result += (index == 0 ? "" : "  ") + (columns[index].alignment == .left ? cell + padding : padding + cell)
    }
    while result.last == " " { result.removeLast() }
    return result
  }
}
