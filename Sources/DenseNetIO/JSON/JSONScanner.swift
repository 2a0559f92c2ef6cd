/// A strict pull parser over UTF-8 JSON, for headers of which nothing may be believed.
///
/// It allocates nothing but the strings that it returns and never recurses deeper than ``maximumDepth``, so a hostile
/// header costs time in proportion to its length and no more. What is wrong is thrown as a ``JSONProblem``.
package struct JSONScanner {
  package static let maximumDepth = 32

  private let bytes: [UInt8]
  package private(set) var position = 0

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Reads `{"key": value, …}`; `member` must consume the value of each key.
  package mutating func object(_ member: (inout JSONScanner, String) throws(JSONProblem) -> Void) throws(JSONProblem) {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// Reads `[value, …]`; `element` must consume each value.
  package mutating func array(_ element: (inout JSONScanner) throws(JSONProblem) -> Void) throws(JSONProblem) {
    try expect("[")
    if accept("]") { return }
    repeat { try element(&self) } while accept(",")
    try expect("]")
  }

  /// Reads a whole number from 0 to `Int.max`, written without sign, fraction or exponent.
  package mutating func wholeNumber() throws(JSONProblem) -> Int {
    let lexeme = try number()
    guard lexeme.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
      throw problem("expected a whole number from 0, found \(text(lexeme))")
    }
    guard let value = Int(text(lexeme, limit: 20)) else { throw problem("the number \(text(lexeme)) is too large") }
    return value
  }

  /// Reads a string.
  package mutating func string() throws(JSONProblem) -> String {
    try expect("\"")
    var result: [UInt8] = []
    while true {
      guard position < bytes.count else { throw problem("the text ends inside a string") }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: result, as: UTF8.self) else { throw problem("a string is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): try escape(into: &result)
      case 0..<0x20: throw problem("a string holds an unescaped control character")
      default: result.append(byte)
      }
    }
  }

  /// Reads and drops any value.
  package mutating func skipValue(depth: Int = 0) throws(JSONProblem) {
    guard depth < Self.maximumDepth else { throw problem("values are nested deeper than \(Self.maximumDepth)") }
    switch peek() {
    case UInt8(ascii: "{"): try object { scanner, _ throws(JSONProblem) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["): try array { scanner throws(JSONProblem) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: _ = try number()
    }
  }

  /// Checks that nothing but white space is left.
  package mutating func end() throws(JSONProblem) {
    guard peek() == nil else { throw problem("text follows the end of the value") }
  }

  package func problem(_ reason: String) -> JSONProblem {
    JSONProblem(position: position, reason: reason)
  }
}

/// What is wrong with a JSON text, and at which byte.
package struct JSONProblem: Error {
  package let position: Int
  package let reason: String
}

extension JSONScanner {
  /// The first byte of what comes next, white space passed over; nil at the end.
  package mutating func peek() -> UInt8? {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(JSONProblem) {
    guard accept(character) else {
      let found = peek().map { text([$0]) } ?? "the end"
      throw problem("expected \(character), found \(found)")
    }
  }

  /// Reads `true` or `false`.
  package mutating func bool() throws(JSONProblem) -> Bool {
    let isTrue = peek() == UInt8(ascii: "t")
    try isTrue ? literal("true") : literal("false")
    return isTrue
  }

  private mutating func literal(_ word: StaticString) throws(JSONProblem) {
    let end = position + word.utf8CodeUnitCount
    let matches = word.withUTF8Buffer { end <= bytes.count && $0.elementsEqual(bytes[position..<end]) }
    guard matches else { throw problem("expected \(word)") }
    position = end
  }

  /// `-? digits [. digits] [e [+-] digits]`, without a leading zero.
  private mutating func number() throws(JSONProblem) -> ArraySlice<UInt8> {
    _ = peek()
    let start = position
    func at(_ set: String, _ position: Int) -> Bool {
      position < bytes.count && set.utf8.contains(bytes[position])
    }
    func digits(_ position: inout Int) -> Int {
      let first = position
      while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
      return position - first
    }
    var end = start
    if at("-", end) { end += 1 }
    let leadingZero = at("0", end)
    let whole = digits(&end)
    var valid = whole == 1 || whole > 1 && !leadingZero
    if at(".", end) {
      end += 1
      valid = digits(&end) > 0 && valid
    }
    if at("eE", end) {
      end += 1
      if at("+-", end) { end += 1 }
      valid = digits(&end) > 0 && valid
    }
    guard valid else {
      let found = start < bytes.count ? text(bytes[start..<min(max(end, start + 1), bytes.count)]) : "the end"
      throw problem("expected a number, found \(found)")
    }
    position = end
    return bytes[start..<end]
  }

  /// Reads any number as the nearest `Double`.
  package mutating func double() throws(JSONProblem) -> Double {
    let lexeme = try number()
    if let value = Self.exact(lexeme) { return value }
    guard let value = Double(String(decoding: lexeme, as: UTF8.self)) else {
      throw problem("the number \(text(lexeme)) is too large")
    }
    return value
  }

  /// A number of few digits: its digits and the power of ten are both exact as `Double`, so that one operation on them
  /// is rounded right. Nil for all others.
  private static func exact(_ lexeme: ArraySlice<UInt8>) -> Double? {
    var (digits, scale, exponent): (UInt64, Int, Int) = (0, 0, 0)
    var (isNegative, hasPoint, exponentStart) = (false, false, -1)
    for (index, byte) in zip(lexeme.indices, lexeme) {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): hasPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): exponentStart = index + 1
      default:
        guard digits < 900_719_925_474_099 else { return nil }
        digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
        if hasPoint { scale += 1 }
      }
      if exponentStart >= 0 { break }
    }
    if exponentStart >= 0 {
      guard let value = Int(String(decoding: lexeme[exponentStart...], as: UTF8.self)) else { return nil }
      exponent = value
    }
    let (power, overflows) = exponent.subtractingReportingOverflow(scale)
    guard !overflows, (-22...22).contains(power) else { return nil }
    let value = power < 0 ? Double(digits) / powersOfTen[-power] : Double(digits) * powersOfTen[power]
    return isNegative ? -value : value
  }

  private static let powersOfTen: [Double] = (0...22).map { power in
    (0..<power).reduce(1.0) { value, _ in value * 10 }
  }

  private mutating func escape(into result: inout [UInt8]) throws(JSONProblem) {
    guard position < bytes.count else { throw problem("the text ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0c)
    case UInt8(ascii: "n"): result.append(0x0a)
    case UInt8(ascii: "r"): result.append(0x0d)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): result.append(contentsOf: String(try unicodeEscape()).utf8)
    default: throw problem("a string holds an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONProblem) -> Unicode.Scalar {
    let high = try fourHexDigits()
    if let scalar = Unicode.Scalar(UInt32(high)) { return scalar }
    guard high < 0xdc00, position + 2 <= bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw problem("a string holds half of a surrogate pair") }
    position += 2
    let low = try fourHexDigits()
    guard (0xdc00...0xdfff).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xd800) << 10 + UInt32(low) - 0xdc00)
    else { throw problem("a string holds half of a surrogate pair") }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONProblem) -> UInt16 {
    guard position + 4 <= bytes.count else { throw problem("the text ends inside a string") }
    var value: UInt16 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("a string holds an unknown escape")
      }
      value = value << 4 | UInt16(digit)
    }
    position += 4
    return value
  }

  /// Bytes for an error message: short, and on one line.
  private func text(_ bytes: some Collection<UInt8>, limit: Int = 24) -> String {
    printable(String(decoding: bytes.prefix(limit), as: UTF8.self)) + (bytes.count > limit ? "…" : "")
  }
}
