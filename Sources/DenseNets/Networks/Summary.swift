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
    for part in stem.layers { try add(names.stem(part.name)!, part.layer) }
    for (index, block) in blocks.enumerated() {
      let name = names.block(index)
      var channels = block.inputChannels
      for (layer, parts) in block.convBlocks.enumerated() {
        shape[1] = channels
        for (part, pair) in parts.enumerated() {
          let own = FusedNames.denseLayer(layer, part: part, configuration.naming)
          try add("\(name).\(own.norm)", pair.norm)
          try add("\(name).\(own.relu)", ReLU())
          try add("\(name).\(own.convolution)", pair.convolution)
        }
        channels += block.growthRate
        shape[1] = channels
        lines.append(
          LayerSummary(
            name: "\(name).\(FusedNames.denseLayer(layer, configuration.naming))", kind: "concatenation",
            outputShape: shape, parameters: 0, multiplyAdds: 0))
      }
      guard index < transitions.count else { break }
      let transition = transitions[index]
      let (place, own) = (names.transition(index), FusedNames.transition(configuration.naming))
      try add("\(place).\(own.norm)", transition.norm)
      try add("\(place).\(own.relu)", ReLU())
      try add("\(place).\(own.convolution)", transition.convolution)
      let pool: any Layer = transition.pool == .average ? AvgPool2d(2) : MaxPool2d(2)
      try add("\(place).\(FusedNames.transitionPool(configuration.naming))", pool)
    }
    try add(names.lastNorm, head.norm)
    try add(names.lastReLU, ReLU())
    try add(names.globalPool, GlobalAvgPool2d())
    try add(names.flatten, Flatten())
    try add(names.classifier, classifier)
    return lines
  }
}

extension DenseNet {
  /// The floating point operations of a training step with direct convolutions, averages before transitions' own: forward,
  /// weight gradient, and input gradient for all but the first convolution.
  package func trainingOperations(inputShape: [Int]) throws -> Int {
    try operations(inputShape: inputShape) { $0 == 0 ? 2 : 3 }
  }

  /// The floating point operations of an inference pass with direct convolutions, averages before transitions' own.
  package func inferenceOperations(inputShape: [Int]) throws -> Int {
    try operations(inputShape: inputShape) { _ in 1 }
  }

  /// - Parameter passes: of a layer's convolution, by its place in the summary.
  private func operations(inputShape: [Int], passes: (Int) -> Int) throws -> Int {
    let layers = try summary(inputShape: inputShape)
    let pooledLater = Set(transitions.filter { $0.pool == .average }.map(\.fused.name))
    return layers.enumerated().reduce(0) { total, line in
      let work = pooledLater.contains(line.element.name) ? line.element.multiplyAdds / 4 : line.element.multiplyAdds
      return total + 2 * work * passes(line.offset)
    }
  }
}
