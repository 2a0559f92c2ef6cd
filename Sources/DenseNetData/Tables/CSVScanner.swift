import DenseNets

/// One line of a table, or several where a quoted field holds line breaks.
struct CSVRecord {
  /// The line on which it begins, counted from 1.
  let line: Int
  var fields: [String]
}

/// Why the text of a table cannot be read.
struct CSVProblem: Error {
  let line: Int
  /// The number of the field in its record, counted from 0.
  let field: Int
  let reason: String
  var settings: [Failure.Setting] = []
}

/// Reads the records of a text in comma-separated values (RFC 4180), or with another character between the fields, one
/// after another.
///
/// Lines end with LF, CR LF or CR, and empty ones are skipped. A field that begins with a quote ends with one, may
/// hold delimiters and line breaks, and has its own quotes doubled; a quote further on in a field stands for itself. Spaces
/// belong to the field.
struct CSVScanner {
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private let bytes: [UInt8]
  private var position: Int
  private var line = 1
  /// What separates fields.
  let delimiter: UInt8

  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte order mark.
  ///   - delimiter: between fields. Nil: a comma, or what a first line such as `sep=;`, by which Excel goes, names.
  init(_ bytes: [UInt8], delimiter: UInt8? = nil) {
    self.bytes = bytes
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let first = bytes[position...].prefix(6)
    let isDirective =
      first.count > 4 && first.starts(with: Array("sep=".utf8)) || first.starts(with: Array("SEP=".utf8))
    if isDirective, first.count == 5 || first.last == Self.lineFeed || first.last == Self.carriageReturn {
      self.delimiter = delimiter ?? bytes[position + 4]
      position += 5
    } else {
      self.delimiter = delimiter ?? UInt8(ascii: ",")
    }
  }

  /// The next record; nil at the end.
  mutating func next() throws(CSVProblem) -> CSVRecord? {
    while endLine() {}
    guard position < bytes.count else { return nil }
    var record = CSVRecord(line: line, fields: [])
    while true {
      record.fields.append(try field(record.fields.count))
      guard position < bytes.count, bytes[position] == delimiter else { break }
      position += 1
    }
    endLine()
    return record
  }

  /// Steps over a line's end; false where there is none.
  @discardableResult
  private mutating func endLine() -> Bool {
    guard position < bytes.count, isLineBreak(bytes[position]) else { return false }
    let isPair = bytes[position] == Self.carriageReturn && byte(position + 1) == Self.lineFeed
    position += isPair ? 2 : 1
    line += 1
    return true
  }

  /// The field that begins here. Afterwards: the delimiter or line break behind it, or the end.
  private mutating func field(_ index: Int) throws(CSVProblem) -> String {
    if byte(position) == Self.quote { return try quotedField(index) }
    let start = position
    while let byte = byte(position), byte != delimiter, !isLineBreak(byte) { position += 1 }
    return try text(bytes[start..<position], line: line, field: index)
  }

  private mutating func quotedField(_ index: Int) throws(CSVProblem) -> String {
    let firstLine = line
    var content: [UInt8] = []
    position += 1
    while true {
      guard let byte = byte(position) else {
        throw CSVProblem(
          line: firstLine, field: index, reason: "the field's opening quote is never closed; add the closing quote")
      }
      if byte == Self.quote {
        position += 1
        guard self.byte(position) == Self.quote else { break }
      }
      if isLineBreak(byte), !(byte == Self.lineFeed && self.byte(position - 1) == Self.carriageReturn) { line += 1 }
      content.append(byte)
      position += 1
    }
    if let byte = byte(position), byte != delimiter, !isLineBreak(byte) {
      throw CSVProblem(
        line: line, field: index,
        reason:
          "expected \(delimiter == UInt8(ascii: ",") ? "a comma" : "the delimiter") or the line's end after the closing quote; double the quotes inside of a quoted field"
      )
    }
    return try text(content[...], line: firstLine, field: index)
  }

  private func text(_ content: ArraySlice<UInt8>, line: Int, field: Int) throws(CSVProblem) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw CSVProblem(
        line: line, field: field,
        reason: "expected UTF-8, found other bytes, such as those of Latin-1; save the table as UTF-8")
    }
    guard !content.contains(0) else {
      throw CSVProblem(line: line, field: field, reason: "expected text, found a zero byte; save the table as UTF-8")
    }
    return text
  }

  private func byte(_ position: Int) -> UInt8? { position < bytes.count ? bytes[position] : nil }
  private func isLineBreak(_ byte: UInt8) -> Bool { byte == Self.lineFeed || byte == Self.carriageReturn }
}
