/// Writes comma-separated values (RFC 4180), with line feeds.
package enum CSVText {
  /// One line, its line feed included. Fields with commas, quotes or line breaks are quoted.
  package static func line(_ fields: [String]) -> String {
    fields.map(quoted).joined(separator: ",") + "\n"
  }

  private static func quoted(_ field: String) -> String {
    let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    guard field.utf8.contains(where: special.contains) else { return field }
    // By scalars: a mark after a quote makes a character that is no quote.
    var result = String.UnicodeScalarView()
    for scalar in field.unicodeScalars {
      if scalar == "\"" { result.append(scalar) }
      result.append(scalar)
    }
    return "\"\(String(result))\""
  }
}
