import DenseNetReports
package import DenseNets

/// A network's layers, their output shapes and what they cost, as JSON or a table.
package struct NetworkSummary: Encodable {
  package struct Layer: Encodable {
    let name: String
    let kind: String
    let outputShape: [Int]
    let parameters: Int
    let multiplyAdds: Int
  }

  let model: String
  let inputShape: [Int]
  let layers: [Layer]
  let parameters: Int
  let multiplyAdds: Int
  let memory: MemoryPrediction?

  /// - Parameter inputShape: `[N, C, H, W]`.
  /// - Throws: `Failure` where the network cannot take the shape.
  package init(_ net: DenseNet, name: String, inputShape: [Int], memory: MemoryPrediction?) throws {
    (model, self.inputShape, self.memory) = (name, inputShape, memory)
    layers = try net.summary(inputShape: inputShape).map {
      Layer(
        name: $0.name, kind: $0.kind, outputShape: $0.outputShape, parameters: $0.parameters,
        multiplyAdds: $0.multiplyAdds)
    }
    parameters = net.parameterCount
    multiplyAdds = layers.reduce(0) { $0 + $1.multiplyAdds }
  }

  package func table() -> String {
    var table = TextTable(columns: [
      .init("layer", .left), .init("kind", .left), .init("output shape", .left), .init("parameters", .right),
      .init("multiply-adds", .right),
    ])
    table.addRow(["", "input", "\(inputShape)", "", ""])
    for layer in layers {
      table.addRow([
        layer.name, layer.kind, "\(layer.outputShape)",
        layer.parameters == 0 ? "" : TextFormat.thousands(layer.parameters),
        layer.multiplyAdds == 0 ? "" : TextFormat.thousands(layer.multiplyAdds),
      ])
    }
    table.addRule()
    table.addRow(["total", model, "", TextFormat.thousands(parameters), TextFormat.thousands(multiplyAdds)])
    return table.rendered()
  }
}
