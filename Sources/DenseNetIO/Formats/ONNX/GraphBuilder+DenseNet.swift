import DenseNets

extension GraphBuilder {
  /// The inference graph of a network, from `input` to `logits`.
  static func graph(of net: DenseNet, inputSize: Extent?, name: String) -> ONNXGraphProto {
    let configuration = net.configuration
    var builder = GraphBuilder()
    var x = "input"
    var features: String?
    for (child, layer) in net.children {
      switch layer {
      case let layer as Conv2d: x = builder.convolution(layer, child, x)
      case let layer as BatchNorm2d:
        x = builder.normalized(layer, child, x)
        // The stem's norm comes before the first block, the last one after the others.
        if features == nil { x = builder.pool("MaxPool", "\(child).pool", x, kernel: 3, stride: 2, padding: 1) }
      case let layer as DenseBlock:
        x = builder.block(layer, child, x)
        features = x
      case let layer as Transition: x = builder.transition(layer, child, x)
      case let layer as Linear:
        x = builder.node("GlobalAveragePool", "\(child).pool", [x])
        x = builder.node("Flatten", "\(child).flatten", [x], [.int("axis", 1)])
        x = builder.linear(layer, child, x, output: "logits")
      default: preconditionFailure("a DenseNet has no \(type(of: layer))")
      }
    }
    builder.declare(
      name: name,
      input: (
        "input",
        [("N", nil), ("C", configuration.inputChannels), ("H", inputSize?.height), ("W", inputSize?.width)]
      ),
      output: (x, [("N", nil), ("classes", configuration.numClasses)]))
    return builder.graph
  }

  /// Each layer reads the concatenation before it and makes the next one.
  private mutating func block(_ block: DenseBlock, _ name: String, _ x: String) -> String {
    var features = x
    var names = block.children.map(\.name)[...]
    for (index, parts) in block.convBlocks.enumerated() {
      var y = features
      for part in parts {
        y = normalized(part.norm, "\(name).\(names.removeFirst())", y)
        y = convolution(part.convolution, "\(name).\(names.removeFirst())", y)
      }
      features = node("Concat", "\(name).concat\(index + 1)", [features, y], [.int("axis", 1)])
    }
    return features
  }

  private mutating func transition(_ transition: Transition, _ name: String, _ x: String) -> String {
    let names = transition.children.map(\.name)
    let y = normalized(transition.norm, "\(name).\(names[0])", x)
    return pool(
      transition.pool == .average ? "AveragePool" : "MaxPool", "\(name).pool",
      convolution(transition.convolution, "\(name).\(names[1])", y), kernel: 2, stride: 2, padding: 0)
  }
}
