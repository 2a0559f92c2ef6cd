public import DenseNets
public import Foundation

/// A table of texts from a file of comma-separated values (RFC 4180) or with another delimiter: a header, and rows of as
/// many fields.
///
/// The text is UTF-8, with or without a byte order mark. Lines end with LF, CR LF or CR; empty ones are skipped.
/// Quoted fields may hold delimiters, line breaks and doubled quotes. Empty columns without a name at the end, as
/// spreadsheets leave them, do not count.
public struct CSVTable: Sendable {
  /// No larger file is read, in bytes.
  public static let fileSizeLimit = 1 << 30

  /// How messages call the file.
  public let source: String
  /// The names of the columns, each of them once.
  public let header: [String]
  /// The fields of each row, as many as there are columns; at least one row.
  public let rows: [[String]]
  /// The line on which each row begins, counted from 1.
  public let lines: [Int]
  /// How the file is written.
  public let format: TableFormat

  /// Reads a file.
  /// - Throws: `Failure(.missingInput)` where there is no file, `inputOutput` where it cannot be read, `invalidData`,
  ///   with the line and the column, where it is no table: empty or without rows, rows of another length than the
  ///   header, a quote without an end, two columns of one name, bytes that are not UTF-8, or a line with another
  ///   delimiter.
  public init(contentsOf url: URL, format: TableFormat = TableFormat()) throws(Failure) {
    let path = url.relativePath
    try self.init(bytes: try Self.bytes(of: path), source: path, format: format)
  }

  /// Reads a file that is in memory; see ``init(contentsOf:format:)``.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)`.
  public init(bytes: [UInt8], source: String, format: TableFormat = TableFormat()) throws(Failure) {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw Failure(.invalidData, "\(source): expected UTF-8, found UTF-16; save the table as UTF-8")
    }
    var scanner = CSVScanner(bytes, delimiter: format.delimiterByte)
    var header: [String] = []
    var rows: [[String]] = []
    var lines: [Int] = []
    do throws(CSVProblem) {
      let first = try scanner.next()
      header = first?.fields ?? []
      if let first { try Self.requireDelimiter(first, scanner.delimiter) }
      while let record = try scanner.next() {
        guard record.fields.count == header.count else {
          throw CSVProblem(
            line: record.line, field: min(record.fields.count, header.count),
            reason: "expected \(header.count) fields as in the header, found \(record.fields.count); correct the line")
        }
        guard record.fields != header || header.count == 1 else {
          throw CSVProblem(line: record.line, field: 0, reason: "the line repeats the header; remove it")
        }
        rows.append(record.fields)
        lines.append(record.line)
      }
    } catch {
      throw Failure(
        .invalidData, "\(Self.place(source, error.line, header, column: error.field)): \(error.reason)",
        settings: error.settings)
    }
    Self.removeEmptyColumns(&header, &rows)
    try Self.requireColumns(header, source: source)
    guard !rows.isEmpty else {
      throw Failure(.invalidData, "\(source): expected rows below the header, found none; name a table with rows")
    }
    (self.source, self.header, self.rows, self.lines, self.format) = (source, header, rows, lines, format)
  }

  /// The position of a column. Spaces around names do not count, and a column without a name is called by its place
  /// too, as pandas does: `Unnamed: 0`.
  /// - Throws: `Failure(.invalidData)`, with the columns that there are.
  public func column(named name: String) throws(Failure) -> Int {
    if let index = position(of: name) { return index }
    let shown = header.prefix(8).map(Self.shown).joined(separator: ", ") + (header.count > 8 ? ", …" : "")
    throw Failure(
      .invalidData, "\(source): there is no column \"\(Self.shown(name))\"; its \(header.count) columns are \(shown)")
  }

  /// The positions of columns, each called by its name or with others in a list with commas.
  /// - Throws: as ``column(named:)``.
  package func columns(named lists: [String]) throws(Failure) -> [Int] {
    var positions: [Int] = []
    for list in lists {
      let names = position(of: list) == nil && list.contains(",") ? list.split(separator: ",").map(String.init) : [list]
      for name in names { positions.append(try column(named: name)) }
    }
    return positions
  }

  /// ``column(named:)``, or nil.
  func position(of name: String) -> Int? {
    if let index = header.firstIndex(of: name) { return index }
    let trimmed = CellReader.trimmed(name)
    if let index = header.firstIndex(where: { CellReader.trimmed($0) == trimmed }) { return index }
    guard let index = UnnamedColumn.index(in: trimmed), header.indices.contains(index) else { return nil }
    return CellReader.trimmed(header[index]).isEmpty ? index : nil
  }

  /// Where a field lies, for messages: `train.csv, line 17, column "LotArea"`.
  package func place(row: Int, column: Int) -> String { Self.place(source, lines[row], header, column: column) }

  private static func place(_ source: String, _ line: Int, _ header: [String], column: Int) -> String {
    let name = header.indices.contains(column) ? "\"\(shown(header[column]))\"" : "\(column + 1)"
    return "\(source), line \(line), column \(name)"
  }

  /// A column's name within a line of text.
  static func shown(_ name: String) -> String {
    printable(String(name.map { $0.isNewline ? " " : $0 }), limit: 60)
  }

  /// Checks that a header of one column is not one of several with another delimiter.
  private static func requireDelimiter(_ header: CSVRecord, _ delimiter: UInt8) throws(CSVProblem) {
    guard header.fields.count == 1 else { return }
    let names: [(mark: Character, name: String)] = [
      (";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas"),
    ]
    let expected = names.first { $0.mark.asciiValue == delimiter }?.name ?? "another character"
    for (mark, name) in names where mark.asciiValue != delimiter && header.fields[0].contains(mark) {
      throw CSVProblem(
        line: header.line, field: 0,
        reason:
          "expected columns separated by \(expected), found \(name); name \"\(mark == "\t" ? "\\t" : String(mark))\" as the delimiter, "
          + "or save the table with \(expected)",
        settings: ["delimiter"])
    }
  }

  /// Spreadsheets leave empty columns without a name at the end of every line.
  private static func removeEmptyColumns(_ header: inout [String], _ rows: inout [[String]]) {
    while header.count > 1, header.last == "", rows.allSatisfy({ $0.last == "" }), !rows.isEmpty {
      header.removeLast()
      for row in rows.indices { rows[row].removeLast() }
    }
  }

  private static func requireColumns(_ header: [String], source: String) throws(Failure) {
    guard !header.isEmpty else {
      throw Failure(
        .invalidData, "\(source): expected a line with the names of columns, found an empty file; name another table")
    }
    var positions: [String: Int] = [:]
    for (index, name) in header.enumerated() {
      if let first = positions.updateValue(index, forKey: name) {
        throw Failure(
          .invalidData, "\(source): columns \(first + 1) and \(index + 1) are both named \"\(shown(name))\"; rename one"
        )
      }
    }
  }

  private static func bytes(of path: String) throws(Failure) -> [UInt8] {
    let file = try InputFile(path)
    guard file.size <= fileSizeLimit else {
      throw Failure(
        .invalidData,
        "\(path): expected a table of at most \(grouped(fileSizeLimit)) bytes, found \(grouped(file.size)); split it")
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: file.size, alignment: 1)
    defer { buffer.deallocate() }
    let bytes = Array(buffer.prefix(try file.read(into: buffer)))
    let others: [(start: [UInt8], what: String, remedy: String)] = [
      ([0x1f, 0x8b], "a gzip file", "unpack it"), (Array("PAR1".utf8), "a Parquet file", "save the table as CSV"),
      (Array("PK\u{3}\u{4}".utf8), "a zip archive, such as an Excel file", "save the table as CSV"),
      ([0xd0, 0xcf, 0x11, 0xe0], "an old Excel file", "save the table as CSV"),
      (Array("SQLite format 3".utf8), "an SQLite file", "save the table as CSV"),
    ]
    if let other = others.first(where: { bytes.starts(with: $0.start) }) {
      throw Failure(.invalidData, "\(path): expected a table as CSV, found \(other.what); \(other.remedy)")
    }
    return bytes
  }
}
