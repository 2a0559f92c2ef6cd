import Foundation

/// A look at the messages of an ONNX file before they are decoded.
///
/// An empty message takes two bytes in a file and a hundred or more in memory, so that their number must be known to
/// be reasonable first; everything else grows by a small factor.
struct WireScan {
  /// The largest network that this package can describe has a tenth of it.
  static let maximumMessages = 1 << 20

  /// A message type: which of its fields are messages themselves.
  private indirect enum Schema {
    case message([UInt64: Schema])

    func callAsFunction(_ field: UInt64) -> Schema? {
      if case .message(let fields) = self { fields[field] } else { nil }
    }
  }

  private static let model: Schema = {
    let entry = Schema.message([:])
    let tensor = Schema.message([13: entry])
    let node = Schema.message([5: .message([5: tensor])])
    let value = Schema.message([2: .message([1: .message([2: .message([1: entry])])])])
    let graph = Schema.message([1: node, 5: tensor, 11: value, 12: value])
    return .message([7: graph, 8: entry, 14: entry])
  }()

  private let bytes: UnsafeRawBufferPointer
  private var messages = 0

  /// - Throws: ``WeightsProblem`` where the file is no sequence of fields, or has too many messages.
  static func check(_ data: Data) throws(WeightsProblem) {
    let problem = data.withUnsafeBytes { bytes -> WeightsProblem? in
      var scan = WireScan(bytes: bytes)
      do throws(WeightsProblem) {
        try scan.message(0..<bytes.count, model)
        return nil
      } catch { return error }
    }
    if let problem { throw problem }
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The depth of calls is that of ``model``.
  private mutating func message(_ range: Range<Int>, _ schema: Schema) throws(WeightsProblem) {
    messages += 1
    guard messages <= Self.maximumMessages else {
      throw WeightsProblem(
        "expected at most \(Self.maximumMessages) nodes, tensors and other parts of ONNX, found more",
        remedy: ONNXImport.remedy)
    }
    var position = range.lowerBound
    while position < range.upperBound {
      let tag = try varint(&position, range.upperBound)
      switch tag & 7 {
      case 0: _ = try varint(&position, range.upperBound)
      case 1: position += 8
      case 5: position += 4
      case 2:
        let length = try varint(&position, range.upperBound)
        guard length <= UInt64(range.upperBound - position) else { throw Self.cutOff }
        if let inner = schema(tag >> 3) { try message(position..<position + Int(length), inner) }
        position += Int(length)
      default: throw WeightsProblem("not an ONNX model: a field of kind \(tag & 7) at byte \(position)")
      }
      guard position <= range.upperBound else { throw Self.cutOff }
    }
  }

  private static var cutOff: WeightsProblem { WeightsProblem("not an ONNX model, or a truncated one") }

  private func varint(_ position: inout Int, _ end: Int) throws(WeightsProblem) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else { throw Self.cutOff }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw WeightsProblem("not an ONNX model: a number of more than ten bytes at byte \(position)")
  }
}
