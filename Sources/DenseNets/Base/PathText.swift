/// Paths as text, also those whose bytes are not UTF-8.
///
/// A name on a disk is bytes, and a `String` is Unicode. Bytes that are not UTF-8 stand in a path's text as characters
/// of the private use area, U+10FE00 + byte; where a name holds such a character itself, its bytes are written that way
/// too, so that every name has a text and every text leads back to its name. ``readable(_:)`` is for people.
public enum PathText {
  private static let base: UInt32 = 0x10_FE00

  /// The text of a name or a path.
  public static func text<Content: Collection<UInt8>>(of bytes: Content) -> String {
    // Nearly always.
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isStandIn) {
      return text
    }
    var result = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
      if let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first, !isStandIn(scalar) {
        result.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        result.append(Unicode.Scalar(base + UInt32(first))!)
        rest = rest.dropFirst()
      }
    }
    return String(result)
  }

  /// The bytes of a name or a path, without a zero at their end.
  public static func bytes(of text: String) -> [UInt8] {
    guard text.unicodeScalars.contains(where: isStandIn) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { isStandIn($0) ? [UInt8($0.value - base)] : Array(String($0).utf8) }
  }

  /// Calls a function of the system with a path.
  public static func withBytes<Result>(
    of text: String, _ body: (UnsafePointer<CChar>) throws -> Result
  ) rethrows -> Result {
    guard text.unicodeScalars.contains(where: isStandIn) else { return try text.withCString(body) }
    return try (bytes(of: text) + [0]).withUnsafeBufferPointer { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
    }
  }

  /// A path as a file of text holds it: bytes that are not UTF-8 as `\xE9`.
  public static func readable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isStandIn) else { return text }
    return text.unicodeScalars.map { isStandIn($0) ? hexadecimal($0.value - base) : String($0) }.joined()
  }

  /// How text shows a byte that is not UTF-8, `\xE9`; nil for a character of text.
  static func escape(of scalar: Unicode.Scalar) -> String? {
    isStandIn(scalar) ? hexadecimal(scalar.value - base) : nil
  }

  private static func isStandIn(_ scalar: Unicode.Scalar) -> Bool { scalar.value & ~0xff == base }

  private static func hexadecimal(_ byte: UInt32) -> String {
    "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
