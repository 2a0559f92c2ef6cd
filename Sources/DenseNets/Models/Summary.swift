/// One line of a network's summary.
public struct LayerSummary: Sendable {
  /// The state-dict name, or a description where the layer has no parameters.
  public let name: String
  /// As PyTorch calls the layer.
  public let kind: String
  public let outputShape: [Int]
  public let parameters: Int
  /// Of one pass over the whole batch, in the order that the paper writes the layers.
  public let multiplyAdds: Int
}

extension DenseNet {
  /// Every layer in order: its output's shape, parameters and multiply-adds.
  /// - Parameter inputShape: `[N, C, H, W]`.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func summary(inputShape: [Int]) throws -> [LayerSummary] {
    _ = try outputShape(inputShape)
    var lines: [LayerSummary] = []
    var shape = inputShape
    func add(_ name: String, _ layer: any Layer, _ kind: String? = nil) throws {
      let output = try layer.outputShape(shape)
      lines.append(
        LayerSummary(
          name: name, kind: kind ?? "\(type(of: layer))", outputShape: output, parameters: layer.parameterCount,
          multiplyAdds: try layer.multiplyAdds(shape)))
      shape = output
    }
    try add("0.0", stem.convolution)
    try add("0.1", stem.norm)
    try add("0.2", ReLU())
    try add("0.3", stem.pool)
    for (index, block) in blocks.enumerated() {
      var channels = block.inputChannels
      for (layer, part) in block.convBlocks.enumerated() {
        let name = "\(2 * index + 1).net.\(layer)"
        shape[1] = channels
        try add("\(name).0", part.norm)
        try add("\(name).1", ReLU())
        try add("\(name).2", part.convolution)
        channels += block.growthRate
        shape[1] = channels
        lines.append(
          LayerSummary(name: name, kind: "concatenation", outputShape: shape, parameters: 0, multiplyAdds: 0))
      }
      guard index < transitions.count else { break }
      let name = "\(2 * index + 2)"
      try add("\(name).0", transitions[index].norm)
      try add("\(name).1", ReLU())
      try add("\(name).2", transitions[index].convolution)
      try add("\(name).3", AvgPool2d(2))
    }
    let last = 2 * blocks.count
    try add("\(last)", head.norm)
    try add("\(last + 1)", ReLU())
    try add("\(last + 2)", GlobalAvgPool2d())
    try add("\(last + 3)", Flatten())
    try add("\(last + 4)", classifier)
    return lines
  }
}

extension DenseNet {
  /// The floating point operations of a training step with direct convolutions, transitions pooling first: forward,
  /// weight gradient, and input gradient for all but the first convolution.
  public func trainingOperations(inputShape: [Int]) throws -> Int {
    let layers = try summary(inputShape: inputShape)
    let pooledLater = Set(transitions.indices.map { "\(2 * $0 + 2).2" })
    return layers.enumerated().reduce(0) { total, line in
      let work = pooledLater.contains(line.element.name) ? line.element.multiplyAdds / 4 : line.element.multiplyAdds
      return total + 2 * work * (line.offset == 0 ? 2 : 3)
    }
  }
}
