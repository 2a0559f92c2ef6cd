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

    package init(_ head: String, _ alignment: Alignment = .left) {
      self.head = head
      self.alignment = alignment
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

  /// Adds a row of one text per column. Line breaks in a text become spaces.
  /// - Precondition: there are as many texts as columns.
  package mutating func addRow(_ cells: [String]) {
    precondition(cells.count == columns.count, "expected \(columns.count) cells, found \(cells.count)")
    lines.append(.cells(cells.map { String($0.map { $0.isNewline ? " " : $0 }) }))
  }

  /// Adds a rule, above totals for example.
  package mutating func addRule() {
    lines.append(.rule)
  }

  /// The table, each line with a line feed at its end and no space before it.
  package func rendered() -> String {
    var widths = columns.map(\.head.count)
    for case .cells(let cells) in lines {
      for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
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
      let padding = String(repeating: " ", count: widths[index] - cell.count)
      result += (index == 0 ? "" : "  ") + (columns[index].alignment == .left ? cell + padding : padding + cell)
    }
    while result.last == " " { result.removeLast() }
    return result
  }
}
