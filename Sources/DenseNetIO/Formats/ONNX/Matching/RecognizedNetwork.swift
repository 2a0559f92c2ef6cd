import DenseNets

/// A convolution as a graph has it.
struct RecognizedConvolution {
  let node: GraphNode
  /// `[out, in, height, width]`
  let weight: Tensor
  /// `[out]`
  var bias: Tensor?

  var outputs: Int { weight.shape[0] }
  var inputs: Int { weight.shape[1] }
}

/// A batch norm as a graph has it, or one that an exporter has folded into the convolution before it.
struct RecognizedNorm {
  let node: GraphNode
  /// Each `[channels]`.
  let weight, bias, mean, variance: Tensor

  init(node: GraphNode, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) {
    self.node = node
    (self.weight, self.bias, self.mean, self.variance) = (weight, bias, mean, variance)
  }

  /// The norm that adds a folded convolution's bias and does nothing else, bit for bit: γ/√(v + ε) is 1, since
  /// v = 1 − ε up to half a unit in the last place.
  init(adding bias: Tensor?, after convolution: RecognizedConvolution) {
    let channels = convolution.outputs
    self.init(
      node: convolution.node, weight: .ones([channels]), bias: bias ?? .zeros([channels]), mean: .zeros([channels]),
      variance: .ones([channels]).map { $0 - Float(1e-5) })
  }
}

/// A batch norm and the convolution that reads it through a ReLU.
struct RecognizedPair {
  let norm: RecognizedNorm
  let convolution: RecognizedConvolution
}

/// A DenseNet's parts as a graph has them, in the order of inference.
struct RecognizedNetwork {
  let stem: (convolution: RecognizedConvolution, norm: RecognizedNorm?)
  /// By block and layer: one pair, or two with a bottleneck.
  let blocks: [[[RecognizedPair]]]
  /// Between blocks.
  let transitions: [RecognizedPair]
  let transitionPool: DenseNet.Configuration.TransitionPool
  let lastNorm: RecognizedNorm
  /// Weight `[classes, channels]`, bias `[classes]`.
  let classifier: (node: GraphNode, weight: Tensor, bias: Tensor)

  var convolutions: [RecognizedConvolution] {
    [stem.convolution] + blocks.joined().joined().map(\.convolution) + transitions.map(\.convolution)
  }
}

/// Shapes: each part must fit the one before it, and each layer those of its kind.
extension RecognizedNetwork {
  var growthRate: Int { blocks[0][0].last!.convolution.outputs }

  /// The width of the bottlenecks in channels; nil: none.
  var bottleneck: Int? { blocks[0][0].count == 2 ? blocks[0][0][0].convolution.outputs : nil }

  /// Channels before and after each transition.
  var transitionChannels: [(from: Int, to: Int)] {
    transitions.map { ($0.convolution.inputs, $0.convolution.outputs) }
  }

  /// - Throws: ``WeightsProblem`` that names the first node with a wrong shape.
  func checkShapes() throws(WeightsProblem) {
    var channels = stem.convolution.outputs
    try stem.norm?.check(channels)
    for (index, block) in blocks.enumerated() {
      for layer in block {
        try check(layer, inputs: channels)
        channels += growthRate
      }
      if index < transitions.count {
        try transitions[index].check(inputs: channels, outputs: nil, kernel: 1)
        channels = transitions[index].convolution.outputs
      }
    }
    try lastNorm.check(channels)
    let (node, weight, bias) = classifier
    guard weight.shape[1] == channels, bias.shape == [weight.shape[0]] else {
      throw node.problem(
        "expected \(channels) inputs and a bias for each of \(weight.shape[0]) classes, found shapes \(weight.shape) and \(bias.shape)"
      )
    }
  }

  private func check(_ layer: [RecognizedPair], inputs: Int) throws(WeightsProblem) {
    guard layer.count == blocks[0][0].count else {
      throw layer[0].convolution.node.problem(
        "expected a bottleneck in every layer or in none, found both")
    }
    if let bottleneck { try layer[0].check(inputs: inputs, outputs: bottleneck, kernel: 1) }
    try layer.last!.check(inputs: bottleneck ?? inputs, outputs: growthRate, kernel: 3)
  }
}

extension RecognizedPair {
  /// - Parameter outputs: nil: any.
  fileprivate func check(inputs: Int, outputs: Int?, kernel: Int) throws(WeightsProblem) {
    try norm.check(inputs)
    let expected = [outputs ?? convolution.outputs, inputs, kernel, kernel]
    guard convolution.weight.shape == expected else {
      throw convolution.node.problem("expected a weight of shape \(expected), found \(convolution.weight.shape)")
    }
  }
}

extension RecognizedNorm {
  fileprivate func check(_ channels: Int) throws(WeightsProblem) {
    for tensor in [weight, bias, mean, variance] where tensor.shape != [channels] {
      throw node.problem("expected \(channels) channels, found shape \(tensor.shape)")
    }
  }
}
