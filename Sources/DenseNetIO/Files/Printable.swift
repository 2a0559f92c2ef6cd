/// A foreign string made safe for a one-line message: control characters become `?`, and what is long is cut.
func printable(_ text: String, limit: Int = 80) -> String {
  var result = ""
  for (index, scalar) in text.unicodeScalars.enumerated() {
    if index == limit { return result + "…" }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: result.append("?")
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
