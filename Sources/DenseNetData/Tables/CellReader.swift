/// What a field of a table holds.
enum Cell: Equatable {
  case missing
  case number(Double)
  /// Without the spaces around it.
  case text(String)
}

/// Reads fields as a table's format says. Spaces around a field do not count, non-breaking ones included.
struct CellReader {
  private let missing: Set<String>
  /// Markers for missing values that are numbers: `-999` stands for `-999.0` too, as in pandas.
  private let missingNumbers: Set<Double>
  private let decimal: UInt8
  private let thousands: UInt8?

  init(_ format: TableFormat) {
    missing = FieldText.missing.union(format.missing.map(Self.trimmed))
    decimal = format.decimal.utf8.first ?? UInt8(ascii: ".")
    thousands = format.thousands?.utf8.first
    var numbers: Set<Double> = []
    for marker in format.missing {
      if let number = Self.number(Self.trimmed(marker), decimal: decimal, thousands: thousands) {
        numbers.insert(number)
      }
    }
    missingNumbers = numbers
  }

  func cell(_ field: String) -> Cell {
    let text = Self.trimmed(field)
    if missing.contains(text) { return .missing }
    guard let number = Self.number(text, decimal: decimal, thousands: thousands) else { return .text(text) }
    return missingNumbers.contains(number) ? .missing : .number(number)
  }

  /// A field as a category: its text, or nil where it is missing.
  func category(_ field: String) -> String? { cell(field) == .missing ? nil : Self.trimmed(field) }

  /// The truth value that a text stands for, as pandas reads them.
  static func truth(_ text: String) -> Bool? {
    switch text {
    case "True", "TRUE", "true": true
    case "False", "FALSE", "false": false
    default: nil
    }
  }

  static func trimmed(_ text: String) -> String {
    func isPlain(_ byte: UInt8?) -> Bool { byte.map { $0 > 0x20 && $0 < 0x80 } ?? true }
    if isPlain(text.utf8.first), isPlain(text.utf8.last) { return text }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }) else { return "" }
    let last = scalars.lastIndex { !isSpace($0) }!
    return String(scalars[first...last])
  }

  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar == "\u{200B}" || scalar == "\u{FEFF}"
  }

  private static func number(_ text: String, decimal: UInt8, thousands: UInt8?) -> Double? {
    let hasMinusSign = text.unicodeScalars.first == "\u{2212}"
    let point = UInt8(ascii: ".")
    if !hasMinusSign, decimal == point, thousands == nil { return FieldText.number(text) }
    var digits = text
    if hasMinusSign { digits = "-" + text.unicodeScalars.dropFirst().reduce(into: "") { $0.unicodeScalars.append($1) } }
    if let thousands {
      guard let joined = withoutThousands(digits, thousands, decimal) else { return nil }
      digits = joined
    }
    if decimal != point {
      if digits.utf8.contains(point) { return nil }
      digits = String(decoding: digits.utf8.map { $0 == decimal ? point : $0 }, as: UTF8.self)
    }
    return FieldText.number(digits)
  }

  /// A number without what separates its thousands; nil where those are not groups of three digits: `1,5` is not 15.
  private static func withoutThousands(_ text: String, _ mark: UInt8, _ decimal: UInt8) -> String? {
    var text = text
    if mark == UInt8(ascii: " ") {
      text = String(String.UnicodeScalarView(text.unicodeScalars.map { isSpace($0) ? " " : $0 }))
    }
    guard text.utf8.contains(mark) else { return text }
    let sign = text.utf8.prefix { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    let rest = text.utf8.dropFirst(sign.count)
    let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
    let whole = rest.prefix { isDigit($0) || $0 == mark }
    let groups = whole.split(separator: mark, omittingEmptySubsequences: false)
    guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else { return nil }
    let fraction = rest.dropFirst(whole.count)
    guard fraction.first.map({ $0 == decimal || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) ?? true,
      !fraction.contains(mark)
    else { return nil }
    return String(decoding: Array(sign) + Array(groups.joined()) + Array(fraction), as: UTF8.self)
  }
}
