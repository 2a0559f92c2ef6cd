import DenseNets
import Foundation

/// A node of a model's graph, with its place for messages.
struct GraphNode {
  let index: Int
  let proto: ONNXNodeProto

  var type: String { proto.opType }

  /// The input of that number, or nil where it is left out.
  func input(_ number: Int) -> String? {
    guard number < proto.input.count, !proto.input[number].isEmpty else { return nil }
    return proto.input[number]
  }

  /// - Throws: ``WeightsProblem`` where it is left out.
  func requiredInput(_ number: Int) throws(WeightsProblem) -> String {
    guard let name = input(number) else { throw problem("input \(number) is missing") }
    return name
  }

  /// `node 17 "/features/conv0/Conv" (Conv)`.
  var described: String {
    let name = proto.name.isEmpty ? "" : " \"\(printable(proto.name))\""
    return "node \(index)\(name) (\(printable(type, limit: 40)))"
  }

  func problem(_ reason: String) -> WeightsProblem {
    WeightsProblem("\(described): \(reason)", remedy: ONNXImport.remedy)
  }
}

/// Attributes.
extension GraphNode {
  private func attribute(_ name: String) -> ONNXAttributeProto? { proto.attribute.first { $0.name == name } }

  func integer(_ name: String) -> Int64? { attribute(name).map(\.i) }

  func integers(_ name: String) -> [Int64]? { attribute(name).map(\.ints) }

  func float(_ name: String) -> Float? { attribute(name).map(\.f) }

  func tensor(_ name: String) -> ONNXTensorProto? { attribute(name).map(\.t) }

  func floats(_ name: String) -> [Float]? { attribute(name).map(\.floats) }

  /// Checks an attribute that may be left out.
  /// - Throws: ``WeightsProblem`` for another value.
  func require(_ name: String, _ expected: Int64, unless left: Int64) throws(WeightsProblem) {
    let found = integer(name) ?? left
    guard found == expected else { throw problem("expected \(name) \(expected), found \(found)") }
  }

  /// - Throws: ``WeightsProblem`` for other values.
  func require(_ name: String, _ expected: [Int64], unless left: [Int64]) throws(WeightsProblem) {
    let found = integers(name) ?? left
    guard found == expected else { throw problem("expected \(name) \(expected), found \(found.prefix(8))") }
  }

  /// Checks what a window moves over: its side, its steps, the zeros around the map.
  func requireWindow(_ side: Int64, stride: Int64, padding: Int64) throws(WeightsProblem) {
    // A convolution's weight has the side, too.
    try require("kernel_shape", [side, side], unless: type == "Conv" ? [side, side] : [])
    try require("strides", [stride, stride], unless: [1, 1])
    try require("dilations", [1, 1], unless: [1, 1])
    try require("ceil_mode", 0, unless: 0)
    let name = attribute("auto_pad").map { String(decoding: $0.s, as: UTF8.self) } ?? ""
    switch name {
    case "", "NOTSET": try require("pads", [padding, padding, padding, padding], unless: [0, 0, 0, 0])
    case "VALID" where padding == 0: break
    // As large a map as before, by as many zeros on each side.
    case "SAME_UPPER" where stride == 1 && side == 2 * padding + 1,
      "SAME_LOWER" where stride == 1 && side == 2 * padding + 1:
      break
    default:
      throw problem("expected explicit padding, pads \(padding) on each side, found auto_pad \(printable(name))")
    }
  }
}
