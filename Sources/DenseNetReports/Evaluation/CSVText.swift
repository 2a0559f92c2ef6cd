import DenseNets

/// Writes comma-separated values (RFC 4180), with line feeds, for every file and answer of this package.
///
/// A spreadsheet takes a field that begins with one of `= + - @`, their full-width forms, a tab or a line break for a
/// formula, and a class or a file may be called so. As OWASP advises, such a field gets a single quote before it, unless
/// it is a number; ``unguarded(_:)`` takes it off again. Other control characters are escaped as in messages.
package enum CSVText {
  /// One line, its line feed included. Fields with commas, quotes or line breaks are quoted.
  package static func line(_ fields: [String]) -> String {
    fields.map(field).joined(separator: ",") + "\n"
  }

  /// One field.
  package static func field(_ text: String) -> String {
    let text = guarded(text)
    let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    guard text.utf8.first == UInt8(ascii: " ") || text.utf8.contains(where: special.contains) else { return text }
    // By scalars: a mark after a quote makes a character that is no quote.
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result.append(scalar) }
      result.append(scalar)
    }
    return "\"\(String(result))\""
  }

  /// A field as it was before it was written.
  package static func unguarded(_ field: String) -> String {
    field.utf8.first == UInt8(ascii: "'") && isFormula(field.dropFirst()[...]) ? String(field.dropFirst()) : field
  }

  private static func guarded(_ text: String) -> String {
    let printed = text.unicodeScalars.contains(where: isControl) ? escapedControls(text) : text
    return isFormula(printed[...]) ? "'" + printed : printed
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\t" && scalar != "\n" && scalar != "\r"
  }

  private static func escapedControls(_ text: String) -> String {
    text.unicodeScalars.map { isControl($0) ? printable(String($0)) : String($0) }.joined()
  }

  /// Whether a spreadsheet may compute the text, or it is such a text after quotes that were put before it.
  private static func isFormula(_ text: Substring) -> Bool {
    let rest = text.unicodeScalars.drop { $0 == "'" }
    guard let first = rest.first else { return false }
    switch first {
    case "=", "@", "\t", "\r", "\n", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}": return true
    case "+", "-": return Double(String(rest)) == nil || rest.contains { $0 == "x" || $0 == "X" }
    default: return false
    }
  }
}
