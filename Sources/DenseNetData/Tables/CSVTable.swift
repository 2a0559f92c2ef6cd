public import DenseNets
public import Foundation

/// A table of texts from a file of comma-separated values (RFC 4180): a header, and rows of as many fields.
///
/// The text is UTF-8, with or without a byte order mark. Lines end with LF, CR LF or CR; empty ones are skipped.
/// Quoted fields may hold commas, line breaks and doubled quotes.
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

  /// Reads a file.
  /// - Throws: `Failure(.missingInput)` where there is no file, `inputOutput` where it cannot be read, `invalidData`,
  ///   with the line and the column, where it is no table: empty or without rows, rows of another length than the
  ///   header, a quote without an end, two columns of one name, or bytes that are not UTF-8.
  public init(contentsOf url: URL) throws(Failure) {
    let path = url.relativePath
    try self.init(bytes: try Self.bytes(of: path), source: path)
  }

  /// Reads a file that is in memory; see ``init(contentsOf:)``.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)`.
  public init(bytes: [UInt8], source: String) throws(Failure) {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw Failure(.invalidData, "\(source): expected UTF-8, found UTF-16; save the table as UTF-8")
    }
    var scanner = CSVScanner(bytes)
    var header: [String] = []
    var rows: [[String]] = []
    var lines: [Int] = []
    do throws(CSVProblem) {
      header = try scanner.next()?.fields ?? []
      while let record = try scanner.next() {
        guard record.fields.count == header.count else {
          throw CSVProblem(
            line: record.line, field: min(record.fields.count, header.count),
            reason: "expected \(header.count) fields as in the header, found \(record.fields.count); correct the line")
        }
        rows.append(record.fields)
        lines.append(record.line)
      }
    } catch {
      throw Failure(
        .invalidData, "\(Self.place(source, error.line, header, column: error.field)): \(error.reason)")
    }
    try Self.requireColumns(header, source: source)
    guard !rows.isEmpty else {
      throw Failure(.invalidData, "\(source): expected rows below the header, found none; name a table with rows")
    }
    (self.source, self.header, self.rows, self.lines) = (source, header, rows, lines)
  }

  /// The position of a column.
  /// - Throws: `Failure(.invalidData)`, with the columns that there are.
  public func column(named name: String) throws(Failure) -> Int {
    if let index = header.firstIndex(of: name) { return index }
    if let index = header.firstIndex(where: { $0.trimmingCharacters(in: .whitespaces) == name }) { return index }
    let shown = header.prefix(8).map(Self.shown).joined(separator: ", ") + (header.count > 8 ? ", …" : "")
    throw Failure(
      .invalidData, "\(source): there is no column \"\(name)\"; its \(header.count) columns are \(shown)")
  }

  /// Where a field lies, for messages: `train.csv, line 17, column "LotArea"`.
  package func place(row: Int, column: Int) -> String { Self.place(source, lines[row], header, column: column) }

  private static func place(_ source: String, _ line: Int, _ header: [String], column: Int) -> String {
    let name = header.indices.contains(column) ? "\"\(shown(header[column]))\"" : "\(column + 1)"
    return "\(source), line \(line), column \(name)"
  }

  /// A column's name within a line of text.
  private static func shown(_ name: String) -> String {
    String(name.prefix(60).map { $0.isNewline ? " " : $0 }) + (name.count > 60 ? "…" : "")
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
    return Array(buffer.prefix(try file.read(into: buffer)))
  }
}
