#if Serve
  /// A JSON text to be written.
  indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case strings([String])
    /// Each as the shortest text that leads back to it.
    case floats([Float])
    /// In this order.
    case object([(String, JSON)])

    var bytes: [UInt8] {
      var text: [UInt8] = []
      write(to: &text)
      return text
    }

    private func write(to text: inout [UInt8]) {
      switch self {
      case .null: text.append(contentsOf: "null".utf8)
      case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
      case .integer(let value): text.append(contentsOf: "\(value)".utf8)
      case .number(let value): text.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
      case .string(let value): Self.write(value, to: &text)
      case .array(let values): Self.write(values, "[", "]", to: &text) { $0.write(to: &$1) }
      case .strings(let values): Self.write(values, "[", "]", to: &text) { Self.write($0, to: &$1) }
      case .floats(let values):
        Self.write(values, "[", "]", to: &text) { $1.append(contentsOf: ($0.isFinite ? "\($0)" : "null").utf8) }
      case .object(let members):
        Self.write(members, "{", "}", to: &text) { member, text in
          Self.write(member.0, to: &text)
          text.append(UInt8(ascii: ":"))
          member.1.write(to: &text)
        }
      }
    }

    private static func write<Element>(
      _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to text: inout [UInt8],
      _ body: (Element, inout [UInt8]) -> Void
    ) {
      text.append(UInt8(ascii: open))
      for (index, element) in elements.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        body(element, &text)
      }
      text.append(UInt8(ascii: close))
    }

    private static func write(_ string: String, to text: inout [UInt8]) {
      text.append(UInt8(ascii: "\""))
      for byte in string.utf8 {
        switch byte {
        case UInt8(ascii: "\""): text.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): text.append(contentsOf: #"\\"#.utf8)
        case 0..<0x20:
          let digits = Array("0123456789abcdef".utf8)
          text.append(contentsOf: "\\u00".utf8)
          text.append(digits[Int(byte >> 4)])
          text.append(digits[Int(byte & 15)])
        default: text.append(byte)
        }
      }
      text.append(UInt8(ascii: "\""))
    }
  }
#endif
