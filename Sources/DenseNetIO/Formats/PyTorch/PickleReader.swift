/// The operands of a pickle's instructions.
struct PickleReader {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func byte() throws(WeightsProblem) -> UInt8 {
    guard position < bytes.count else { throw WeightsProblem("its pickle ends after \(bytes.count) bytes") }
    position += 1
    return bytes[position - 1]
  }

  /// A little-endian number of `size` bytes, at most 8.
  mutating func number(_ size: Int) throws(WeightsProblem) -> UInt64 {
    var value: UInt64 = 0
    for (index, byte) in try take(size).enumerated() { value |= UInt64(byte) << (8 * UInt64(index)) }
    return value
  }

  /// As many bytes as a length of `size` bytes before them says.
  mutating func counted(_ size: Int) throws(WeightsProblem) -> ArraySlice<UInt8> {
    let count = try number(size)
    guard count <= bytes.count - position else {
      throw WeightsProblem("its pickle ends after \(bytes.count) bytes, in a value of \(count)")
    }
    return try take(Int(count))
  }

  mutating func take(_ count: Int) throws(WeightsProblem) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw WeightsProblem("its pickle ends after \(bytes.count) bytes") }
    position += count
    return bytes[position - count..<position]
  }

  /// The text up to a line feed.
  mutating func line() throws(WeightsProblem) -> ArraySlice<UInt8> {
    guard let end = bytes[position...].firstIndex(of: 0x0a) else {
      throw WeightsProblem("its pickle ends after \(bytes.count) bytes, in a line")
    }
    defer { position = end + 1 }
    return bytes[position..<end]
  }

  mutating func textLine() throws(WeightsProblem) -> String {
    String(decoding: try line(), as: UTF8.self)
  }
}

extension PickleReader {
  /// Text in UTF-8, of `size` bytes of length before it. Python writes half of a surrogate pair as if it were a
  /// character; it is read as U+FFFD.
  mutating func text(_ size: Int) throws(WeightsProblem) -> PickleValue {
    .string(String(decoding: try counted(size), as: UTF8.self))
  }

  /// A string of Python 2: text where it is UTF-8.
  mutating func oldString(_ size: Int) throws(WeightsProblem) -> PickleValue {
    Self.string(try counted(size))
  }

  private static func string(_ bytes: some Collection<UInt8>) -> PickleValue {
    String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(Array(bytes))
  }

  /// A whole number in decimal, or a truth value as `00` and `01`.
  mutating func decimal() throws(WeightsProblem) -> PickleValue {
    var text = try textLine()
    if text == "00" { return .bool(false) }
    if text == "01" { return .bool(true) }
    if text.hasSuffix("L") { text.removeLast() }
    if let value = Int(text) { return .integer(value) }
    let digits = text.drop { $0 == "-" }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw WeightsProblem("its pickle has \(printable(text)) where a whole number belongs")
    }
    return .longInteger
  }

  mutating func decimalReal() throws(WeightsProblem) -> PickleValue {
    let text = try textLine()
    guard let value = Double(text) else {
      throw WeightsProblem("its pickle has \(printable(text)) where a number belongs")
    }
    return .real(value)
  }

  mutating func binaryReal() throws(WeightsProblem) -> PickleValue {
    .real(Double(bitPattern: try number(8).byteSwapped))
  }

  /// A two's complement number, of `size` bytes of length before it.
  mutating func binaryLong(_ size: Int) throws(WeightsProblem) -> PickleValue {
    let bytes = try counted(size)
    guard let last = bytes.last else { return .integer(0) }
    guard bytes.count <= 8 else { return .longInteger }
    var value: UInt64 = last & 0x80 == 0 ? 0 : .max
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  /// A string of Python 2 as its `repr`, with quotes and escapes.
  mutating func quotedString() throws(WeightsProblem) -> PickleValue {
    let line = try line()
    guard line.count >= 2, let quote = line.first, quote == line.last, quote == 0x27 || quote == 0x22 else {
      throw WeightsProblem("its pickle has a string without quotes")
    }
    return Self.string(Self.unescaped(line.dropFirst().dropLast(), simple: true))
  }

  /// A line of Python's raw-unicode-escape: Latin-1, with `\uXXXX` and `\UXXXXXXXX`.
  mutating func escapedLine() throws(WeightsProblem) -> PickleValue {
    var latin: [UInt8] = []
    for byte in try line() { latin += Array(String(Unicode.Scalar(byte)).utf8) }
    return .string(String(decoding: Self.unescaped(latin[...], simple: false), as: UTF8.self))
  }

  /// - Parameter simple: whether `\n`, `\x41` and the like count, or `\u0041` alone.
  private static func unescaped(_ text: ArraySlice<UInt8>, simple: Bool) -> [UInt8] {
    let lengths: [UInt8: Int] = simple ? [0x78: 2] : [0x75: 4, 0x55: 8]
    let letters: [UInt8: UInt8] =
      simple ? [0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09, 0x5c: 0x5c, 0x27: 0x27, 0x22: 0x22] : [:]
    var result: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == 0x5c, let kind = rest.first else {
        result.append(byte)
        continue
      }
      if let letter = letters[kind] {
        rest.removeFirst()
        result.append(letter)
      } else if let length = lengths[kind],
        let code = UInt32(String(decoding: rest.dropFirst().prefix(length), as: UTF8.self), radix: 16),
        rest.count > length
      {
        rest.removeFirst(1 + length)
        if simple {
          result.append(UInt8(code & 0xff))
        } else {
          result += Array(String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
        }
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
