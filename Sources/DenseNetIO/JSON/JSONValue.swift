/// Any JSON value, for settings whose keys are not known beforehand.
public enum JSONValue: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  /// The member of an object, or of the object within it that a key with a dot names; nil where there is none.
  public subscript(path: String) -> JSONValue? {
    path.split(separator: ".").reduce(Optional(self)) { value, key in
      guard case .object(let members)? = value else { return nil }
      return members[String(key)]
    }
  }

  /// A value as a person writes it: strings bare, arrays with commas.
  public var text: String {
    switch self {
    case .null: "none"
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .array(let values): values.map(\.text).joined(separator: ", ")
    case .object: flattened.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    }
  }

  /// An object's leaves: keys of objects within objects joined by dots, sorted, and their values as texts.
  package var flattened: [(key: String, value: String)] {
    guard case .object(let members) = self else { return [] }
    return members.sorted { $0.key < $1.key }.flatMap { key, value -> [(key: String, value: String)] in
      guard case .object = value else { return [(key, value.text)] }
      return value.flattened.map { ("\(key).\($0.key)", $0.value) }
    }
  }
}
