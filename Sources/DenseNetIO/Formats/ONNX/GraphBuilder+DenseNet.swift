import DenseNets

extension GraphBuilder {
  /// The inference graph of a network, from `input` to `logits`.
  static func graph(
    of net: DenseNet, inputSize: Extent?, name: String, quantization: Quantization? = nil
  ) -> ONNXGraphProto {
    let configuration = net.configuration
    var builder = GraphBuilder(quantization)
    var (x, first) = (images, "")
    var features: String?
    for (child, layer) in net.children {
      switch layer {
      case let layer as Conv2d: (x, first) = (builder.convolution(layer, child, x), child)
      case let layer as BatchNorm2d:
        x = builder.normalized(
          layer, child, x, for: features == nil ? nil : net.children.last!.name, source: builder.held)
        // The stem's norm comes before the first block, the last one after the others.
        if features == nil { x = builder.pool("MaxPool", "\(child).pool", x, kernel: 3, stride: 2, padding: 1) }
      case let layer as DenseBlock:
        if features == nil { x = builder.begin(x, by: first) }
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
        images,
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
        let (norm, reader) = ("\(name).\(names.removeFirst())", "\(name).\(names.removeFirst())")
        // A bottleneck's own map is of numbers.
        let source = y == features ? held : nil
        y = convolution(part.convolution, reader, normalized(part.norm, norm, y, for: reader, source: source))
        y = stored(y, by: reader)
      }
      features = node("Concat", "\(name).concat\(index + 1)", [features, y], [.int("axis", 1)])
    }
    return features
  }

  private mutating func transition(_ transition: Transition, _ name: String, _ x: String) -> String {
    let names = transition.children.map(\.name)
    let (type, reader) = (transition.pool == .average ? "AveragePool" : "MaxPool", "\(name).\(names[1])")
    var y = normalized(transition.norm, "\(name).\(names[0])", x, for: reader, source: held)
    held = nil
    // What is quantized is the average, which the convolution may come after.
    let poolsFirst = quantization != nil && transition.pool == .average
    if !poolsFirst { y = convolution(transition.convolution, reader, y) }
    y = pool(type, "\(name).pool", y, kernel: 2, stride: 2, padding: 0)
    if poolsFirst { y = convolution(transition.convolution, reader, y) }
    return stored(y, by: reader)
  }

  /// As a block holds what a layer writes into it.
  private mutating func stored(_ x: String, by writer: String) -> String {
    guard let slice = quantization?.outputs[writer] else { return x }
    held = Quantization.Slice(scale: (held?.scale ?? []) + slice.scale, zero: (held?.zero ?? []) + slice.zero)
    return rounded(x, "\(writer).output")
  }

  /// As the first block holds what is before it, which is of numbers.
  private mutating func begin(_ x: String, by writer: String) -> String {
    held = quantization?.outputs[writer]
    return held.map { rounded(x, "\(writer).output", $0) } ?? x
  }
}
