import DenseNets

/// Parts of a page as text. Contents are HTML already; foreign text goes through `escaped` first.
enum HTML {
  /// A whole page that needs no other file.
  static func document(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(escaped(title))</title>
    <style>
    \(PageStyle.rules)
    </style>
    </head>
    <body>
    \(body)
    </body>
    </html>

    """
  }

  /// A part of the page below a heading.
  /// - Parameter note: a sentence that says how to read it.
  static func section(_ heading: String, note: String? = nil, _ content: String) -> String {
    let note = note.map { "<p class=\"note\">\(escaped($0))</p>\n" } ?? ""
    return "<section>\n<h2>\(escaped(heading))</h2>\n\(note)\(content)\n</section>"
  }

  /// A name from outside, cut to a number of columns with an ellipsis; then a tooltip has the whole of it.
  /// - Parameter keepsEnd: whether the start is cut, as of a path.
  static func name(_ text: String, limit: Int, keepsEnd: Bool = false) -> String {
    let whole = printable(text)
    let shown = DisplayWidth.fitted(whole, to: limit, keepsEnd: keepsEnd)
    return shown == whole
      ? escaped(whole) : "<span title=\"\(escaped(printable(text, limit: 500)))\">\(escaped(shown))</span>"
  }

  /// A chart below its caption.
  /// - Parameter note: a sentence below the chart that says how to read it.
  static func chart(_ heading: String, _ svg: String, note: String? = nil) -> String {
    let note = note.map { "<p class=\"note\">\(escaped($0))</p>\n" } ?? ""
    return "<div class=\"panel\">\n<h3>\(escaped(heading))</h3>\n\(svg)\(note)</div>"
  }

  /// A column of a table.
  struct Column {
    var head: String
    var isNumber = false
  }

  /// A table that scrolls within its own box where the screen is narrow.
  /// - Parameters:
  ///   - label: what the table is, for those who cannot see it.
  ///   - rows: cells as HTML; the first of each row is its head.
  ///   - footer: a row below the others, such as a total.
  static func table(_ label: String, _ columns: [Column], rows: [[String]], footer: [String]? = nil) -> String {
    let heads = columns.map { column in
      "<th scope=\"col\"\(column.isNumber ? " class=\"number\"" : "")>\(escaped(column.head))</th>"
    }.joined()
    func line(_ row: [String]) -> String {
      let cells = zip(columns, row).enumerated().map { index, cell in
        let style = cell.0.isNumber ? " class=\"number\"" : ""
        return index == 0 ? "<th scope=\"row\"\(style)>\(cell.1)</th>" : "<td\(style)>\(cell.1)</td>"
      }
      return "<tr>\(cells.joined())</tr>\n"
    }
    let body = rows.map(line).joined()
    let foot = footer.map { "<tfoot>\(line($0))</tfoot>\n" } ?? ""
    return scrolling(label, "<table>\n<thead><tr>\(heads)</tr></thead>\n<tbody>\n\(body)</tbody>\n\(foot)</table>")
  }

  /// Pairs of a name and what belongs to it; as HTML already.
  static func definitions(_ label: String, _ pairs: [(key: String, value: String)]) -> String {
    let rows = pairs.map { "<tr><th scope=\"row\">\(escaped($0.key))</th><td>\(escaped($0.value))</td></tr>\n" }
    return scrolling(label, "<table class=\"pairs\">\n<tbody>\n\(rows.joined())</tbody>\n</table>")
  }

  /// A box that scrolls sideways, by keyboard too.
  static func scrolling(_ label: String, _ content: String) -> String {
    "<div class=\"scroll\" role=\"region\" aria-label=\"\(escaped(label))\" tabindex=\"0\">\n\(content)\n</div>"
  }
}
