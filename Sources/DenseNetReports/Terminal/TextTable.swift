/// A table in plain text: columns of the width that they need, two spaces apart, a rule below the heads.
///
/// ```
/// layer   output shape    parameters
/// ------  --------------  ----------
/// 0.0     [1, 64, 48, 48]      3,200
/// ```
public struct TextTable: Sendable {
  public enum Alignment: Sendable {
    case left
    case right
  }

  public struct Column: Sendable {
    public var head: String
    public var alignment: Alignment

    public init(_ head: String, _ alignment: Alignment = .left) {
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

  public init(columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row of one text a column. Line breaks in a text become spaces.
  /// - Precondition: there are as many texts as columns.
  public mutating func addRow(_ cells: [String]) {
    precondition(cells.count == columns.count, "expected \(columns.count) cells, found \(cells.count)")
    lines.append(.cells(cells.map { String($0.map { $0.isNewline ? " " : $0 }) }))
  }

  /// Adds a rule, above totals for example.
  public mutating func addRule() {
    lines.append(.rule)
  }

  /// The table, each line with a line feed at its end and no space before it.
  public func rendered() -> String {
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
