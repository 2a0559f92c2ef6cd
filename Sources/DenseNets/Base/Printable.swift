/// A text from outside, such as a class's name or a path, as one line of a message or a cell of a table shows it: control
/// characters, which could move a terminal's cursor or change its colours, and those that turn the writing direction
/// are escaped as in Swift's literals, `\u{1b}`, and a path's bytes that are not UTF-8 as `\xE9`.
/// - Parameter limit: characters of the text that are shown; an ellipsis stands for the rest.
package func printable(_ text: String, limit: Int = .max) -> String {
  let isLong = limit < text.utf8.count && limit < text.count
  let shown = isLong ? text.prefix(limit) + "…" : text[...]
  let needsEscape = shown.unicodeScalars.contains { escape(of: $0) != nil }
  if !needsEscape { return String(shown) }
  var result = String.UnicodeScalarView()
  for scalar in shown.unicodeScalars {
    if let escape = escape(of: scalar) {
      result.append(contentsOf: escape.unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

private func escape(of scalar: Unicode.Scalar) -> String? {
  switch scalar {
  case "\n": return "\\n"
  case "\r": return "\\r"
  case "\t": return "\\t"
  // They join the parts of emoji and of Persian words.
  case "\u{200c}", "\u{200d}": return nil
  default: break
  }
  if let byte = PathText.escape(of: scalar) { return byte }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator:
    // The tags of flags, which follow an emoji.
    return (0xE0020...0xE007F).contains(scalar.value) ? nil : "\\u{\(String(scalar.value, radix: 16))}"
  default: return nil
  }
}
