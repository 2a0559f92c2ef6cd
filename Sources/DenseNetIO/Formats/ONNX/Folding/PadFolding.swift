import DenseNets
import Foundation

/// Zeros that nodes of their own put around maps, as exporters of TensorFlow's networks have it, are the padding of the
/// windows after them.
struct PadFolding {
  private let nodes: [ONNXNodeProto]
  private let producers: [String: Int]
  private let initializers: [String: ONNXTensorProto]

  /// More zeros than a window of a DenseNet has around it.
  private static let limit: Int64 = 64

  init(_ graph: ONNXGraphProto) {
    nodes = graph.node
    producers = Dictionary(
      nodes.enumerated().flatMap { index, node in node.output.map { ($0, index) } }, uniquingKeysWith: { $1 })
    initializers = Dictionary(graph.initializer.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  /// The nodes, in their places; those that nothing reads any more among them.
  func folded() -> [ONNXNodeProto] { nodes.map { folded($0) ?? $0 } }

  private func folded(_ window: ONNXNodeProto) -> ONNXNodeProto? {
    // The mean of a window depends on whether its zeros count; the largest value after a ReLU does not.
    guard ["Conv", "MaxPool", "AveragePool"].contains(window.opType), let name = window.input.first,
      let place = producers[name], nodes[place].opType == "Pad", let source = nodes[place].input.first,
      let zeros = zeros(nodes[place]), window.opType != "AveragePool" || zeros == [0, 0, 0, 0]
    else { return nil }
    let automatic = window.attribute.first { $0.name == "auto_pad" }.map { String(decoding: $0.s, as: UTF8.self) }
    guard ["", "NOTSET", "VALID"].contains(automatic ?? "") else { return nil }
    let stated = automatic == "VALID" ? nil : window.attribute.first { $0.name == "pads" }?.ints
    let own = stated ?? [0, 0, 0, 0]
    guard own.count == 4, own.allSatisfy({ (0...Self.limit).contains($0) }) else { return nil }
    var result = window
    result.attribute.removeAll { ["auto_pad", "pads"].contains($0.name) }
    result.attribute.append(.ints("pads", zip(own, zeros).map { Int($0 + $1) }))
    result.input[0] = source
    return result
  }

  /// How many zeros a node puts above, left of, below and right of its map; nil where it does anything else.
  private func zeros(_ pad: ONNXNodeProto) -> [Int64]? {
    func attribute(_ name: String) -> ONNXAttributeProto? { pad.attribute.first { $0.name == name } }
    let mode = attribute("mode").map { String(decoding: $0.s, as: UTF8.self) } ?? "constant"
    guard mode == "constant", attribute("value")?.f ?? 0 == 0, pad.input.count < 4 else { return nil }
    if pad.input.count > 2, !pad.input[2].isEmpty {
      guard let value = constant(pad.input[2])?.tensor, value.values.allSatisfy({ $0 == 0 }) else { return nil }
    }
    // Since opset 11, an input says how many.
    let given = pad.input.count > 1 ? constant(pad.input[1])?.integers : attribute("pads")?.ints
    guard let given, given.count == 8, given.allSatisfy({ (0...Self.limit).contains($0) }),
      [0, 1, 4, 5].allSatisfy({ given[$0] == 0 })
    else { return nil }
    return Array(given[2...3] + given[6...7])
  }

  private func constant(_ name: String) -> TensorValue? {
    let value = producers[name].flatMap { place in nodes[place].attribute.first { $0.name == "value" }?.t }
    return try? (initializers[name] ?? value)?.value(external: ExternalData(folder: nil))
  }
}
