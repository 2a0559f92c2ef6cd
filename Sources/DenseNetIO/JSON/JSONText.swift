import DenseNets
import Foundation

/// A JSON string literal, escaped as `serde_json` does it.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{08}": result += "\\b"
    case "\u{0c}": result += "\\f"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\0"..<" ":
      let hex = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// A value as JSON with sorted keys: equal values give equal texts.
func sortedJSON(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  return String(decoding: (try? encoder.encode(value)) ?? Data(), as: UTF8.self)
}

/// Why JSON could not be decoded: where, and what is wrong there.
func decodingProblem(_ error: any Error) -> String {
  func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? "" : printable(path) + ": "
  }
  return switch error {
  case let failure as Failure: failure.description
  case DecodingError.keyNotFound(let key, let context): "\(place(context))no \(key.stringValue)"
  case DecodingError.typeMismatch(let type, let context):
    "\(place(context))expected \(kind(of: type)), found another kind of value"
  case DecodingError.valueNotFound(_, let context): "\(place(context))expected a value, found null"
  // As Foundation says it.
  case DecodingError.dataCorrupted(let context) where context.debugDescription.hasPrefix("The given data was not valid"):
    "expected JSON, found other text"
  case DecodingError.dataCorrupted(let context):
    "\(place(context))\(printable(context.debugDescription, limit: 160))"
  default: printable("\(error)", limit: 160)
  }
}

/// A kind of JSON's values, as the subject of a message.
private func kind(of type: Any.Type) -> String {
  switch type {
  case is any BinaryInteger.Type: "a whole number"
  case is any BinaryFloatingPoint.Type: "a number"
  case is Bool.Type: "true or false"
  case is String.Type: "text"
  default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
  }
}
