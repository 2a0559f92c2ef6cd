import DenseNets

/// The way through a graph from its output back to its input, by what nodes do and not by what they are called.
///
/// A dense block's map is a concatenation, nested or not, of the block's input and its layers' outputs; each layer reads
/// a concatenation of those before it. The block's input comes from a transition, or from the stem.
struct DenseNetMatcher {
  let graph: ONNXGraph
  var tensors: ONNXTensors
  /// A window that must be as large as the last map.
  var lastMap: (node: GraphNode, side: Int)?

  /// As ``DenseNet/Configuration`` allows.
  private static let (maximumBlocks, maximumLayers) = (16, 1024)

  init(_ graph: ONNXGraph, _ tensors: ONNXTensors) {
    (self.graph, self.tensors) = (graph, tensors)
  }

  /// - Throws: ``WeightsProblem`` that names the first node that is not what a DenseNet has in its place.
  mutating func network() throws(WeightsProblem) -> RecognizedNetwork {
    let (classifier, tail, pooled) = try self.classifier()
    var norm: RecognizedNorm
    var features: [String]
    (norm, features) = try normalizedFeatures(try globalPool(pooled))
    let lastNorm = norm
    var blocks: [[[RecognizedPair]]] = []
    var transitions: [RecognizedPair] = []
    var pools: [GraphNode] = []
    while true {
      blocks.insert(try block(features), at: 0)
      guard let pool = transitionPool(features[0]) else { break }
      guard blocks.count < Self.maximumBlocks else {
        throw pool.problem("expected at most \(Self.maximumBlocks) dense blocks")
      }
      if let other = pools.first, other.type != pool.type {
        throw pool.problem("expected transitions of one kind of pool, found \(pool.type) before \(other.type)")
      }
      try pool.requireWindow(2, stride: 2, padding: 0)
      pools.insert(pool, at: 0)
      let node = try graph.source(of: try pool.requiredInput(0), "Conv", for: "a transition's convolution")
      let convolution = try self.convolution(node, kernel: 1)
      (norm, features) = try normalizedFeatures(try node.requiredInput(0))
      transitions.insert(RecognizedPair(norm: norm, convolution: convolution), at: 0)
    }
    let (convolution, stemNorm, front) = try stem(features[0])
    try requireLastMap(transitions: transitions.count, isImageNet: stemNorm != nil)
    return RecognizedNetwork(
      front: front, tail: tail, stem: (convolution, stemNorm), blocks: blocks, transitions: transitions,
      transitionPool: pools.first?.type == "MaxPool" ? .max : .average, lastNorm: lastNorm, classifier: classifier)
  }

  /// Checks a window over the last map against the size that images of the stated size have there.
  private func requireLastMap(transitions: Int, isImageNet: Bool) throws(WeightsProblem) {
    guard let (node, side) = lastMap else { return }
    guard let shape = graph.input.shape, let height = shape[2], shape[3] == height, (1...1 << 16).contains(height)
    else {
      throw node.problem("expected means over the whole map, found a window of \(side)×\(side) and images of any size")
    }
    var map = Int(height)
    if isImageNet { for _ in 0..<2 { map = (map + 1) / 2 } }
    map >>= transitions
    guard map == side else {
      throw node.problem("expected means over the whole map of \(map)×\(map), found a window of \(side)×\(side)")
    }
  }

  /// The pool that makes `value`, if it is a transition's: a stem's pool reads a ReLU, a transition's a convolution.
  private func transitionPool(_ value: String) -> GraphNode? {
    guard let pool = graph.producer(value) else { return nil }
    if pool.type == "MaxPool", let input = pool.input(0) {
      return graph.producer(graph.resolved(input))?.type == "Conv" ? pool : nil
    }
    return pool.type == "AveragePool" ? pool : nil
  }

  // MARK: Dense blocks

  /// The layers of a block, given the parts of its map.
  private mutating func block(_ features: [String]) throws(WeightsProblem) -> [[RecognizedPair]] {
    var layers: [[RecognizedPair]] = []
    for index in features.indices.dropFirst() {
      layers.append(try layer(features[index], reading: features[..<index]))
    }
    guard !layers.isEmpty else {
      throw WeightsProblem(
        "\"\(printable(features[0]))\": expected a concatenation of a dense block's maps, found a single one",
        remedy: ONNXImport.remedy)
    }
    return layers
  }

  /// `BN → ReLU → Conv 3×3`, or with `Conv 1×1 → BN → ReLU` between, the second norm folded or not.
  private mutating func layer(
    _ value: String, reading sources: ArraySlice<String>
  ) throws(WeightsProblem) -> [RecognizedPair] {
    let growing = try graph.source(of: value, "Conv", for: "a dense layer's convolution")
    let convolution = try self.convolution(growing, kernel: 3, padding: 1)
    var (between, affine) = try activated(try growing.requiredInput(0))
    var norm: RecognizedNorm?
    if between.type == "BatchNormalization" {
      norm = try self.norm(between, affine)
      let read = try features(try between.requiredInput(0))
      if read[...] == sources { return [RecognizedPair(norm: norm!, convolution: convolution)] }
      between = try graph.source(of: try between.requiredInput(0), for: "a bottleneck, or the maps before the layer")
    }
    guard between.type == "Conv" else {
      throw between.problem(
        "expected a bottleneck (Conv), or the block's \(sources.count) maps before the layer in their order")
    }
    var bottleneck = try self.convolution(between, kernel: 1)
    let second = if let norm { norm } else { try takeBias(&bottleneck, affine) }
    let (first, read) = try normalizedFeatures(try between.requiredInput(0))
    guard read[...] == sources else {
      throw between.problem(
        "expected the block's \(sources.count) maps before the layer in their order, found \(read.count)")
    }
    return [
      RecognizedPair(norm: first, convolution: bottleneck), RecognizedPair(norm: second, convolution: convolution),
    ]
  }

  /// The maps that a value concatenates, in order; itself if it is no concatenation.
  private func features(_ value: String) throws(WeightsProblem) -> [String] {
    var maps: [String] = []
    var pending = [value]
    var visits = 0
    while let next = pending.popLast() {
      let name = graph.resolved(next)
      guard let node = graph.producer(name), node.type == "Concat" else {
        maps.append(name)
        continue
      }
      guard !node.proto.input.isEmpty else { throw node.problem("expected maps to concatenate, found none") }
      visits += 1
      guard visits <= 2 * Self.maximumLayers,
        maps.count + pending.count + node.proto.input.count <= 2 * Self.maximumLayers
      else { throw node.problem("expected at most \(Self.maximumLayers) layers in a dense block") }
      guard let axis = node.integer("axis"), axis == 1 || axis == -3 else {
        throw node.problem("expected a concatenation of channels, axis 1")
      }
      pending += node.proto.input.reversed()
    }
    return maps
  }

  // MARK: Layers

  /// What a ReLU reads: a node, and what is done to its channels in between.
  mutating func activated(_ value: String) throws(WeightsProblem) -> (node: GraphNode, affine: ChannelAffine) {
    let relu = try graph.source(of: value, "Relu", for: "an activation")
    let (inner, affine) = try unscaled(try relu.requiredInput(0))
    return (try graph.source(of: inner, for: "a batch norm, or a convolution that it is folded into"), affine)
  }

  /// `features → BN → ReLU`.
  private mutating func normalizedFeatures(
    _ value: String
  ) throws(WeightsProblem) -> (norm: RecognizedNorm, features: [String]) {
    let (node, affine) = try activated(value)
    return (try norm(node, affine), try features(try node.requiredInput(0)))
  }

  mutating func convolution(
    _ node: GraphNode, kernel: Int, stride: Int64 = 1, padding: Int64 = 0
  ) throws(WeightsProblem) -> RecognizedConvolution {
    try node.requireWindow(Int64(kernel), stride: stride, padding: padding)
    try node.require("group", 1, unless: 1)
    let weight = try tensors.floats(node, 1, rank: 4)
    guard weight.shape[2...] == [kernel, kernel] else {
      throw node.problem("expected a kernel of \(kernel)×\(kernel), found a weight of shape \(weight.shape)")
    }
    guard let name = node.input(2) else { return RecognizedConvolution(node: node, weight: weight, bias: nil) }
    let bias = try tensors.floats(node, 2, rank: 1)
    guard bias.shape == [weight.shape[0]] else {
      throw node.problem("expected a bias of shape [\(weight.shape[0])], found \(bias.shape)")
    }
    // Where a convolution has no bias, the newer exporter computes zeros for it.
    let isComputed = graph.initializers[graph.resolved(name)] == nil
    let isNone = isComputed && bias.values.allSatisfy { $0 == 0 }
    return RecognizedConvolution(node: node, weight: weight, bias: isNone ? nil : bias)
  }

  /// The norm that stands for one folded into a convolution, which loses its bias to it.
  func takeBias(
    _ convolution: inout RecognizedConvolution, _ affine: ChannelAffine
  ) throws(WeightsProblem) -> RecognizedNorm {
    let norm = try RecognizedNorm(adding: convolution.bias, after: convolution).followed(by: affine)
    convolution.bias = nil
    return norm
  }

  /// - Parameter affine: what is done to its channels afterwards.
  mutating func norm(_ node: GraphNode, _ affine: ChannelAffine) throws(WeightsProblem) -> RecognizedNorm {
    guard node.type == "BatchNormalization" else { throw node.problem("expected a BatchNormalization") }
    try node.require("training_mode", 0, unless: 0)
    // Before opset 14, a norm in training was one with more outputs.
    guard node.proto.output.dropFirst().allSatisfy(\.isEmpty) else {
      throw node.problem("expected one output, as in inference, found \(node.proto.output.count)")
    }
    let epsilon = node.float("epsilon") ?? 1e-5
    guard epsilon > 0, epsilon < 1 else { throw node.problem("expected an epsilon from 0 to 1, found \(epsilon)") }
    let variance = try tensors.floats(node, 4, rank: 1)
    // Before opset 7, a norm in inference said so.
    if graph.opset < 7 { try node.require("is_test", 1, unless: 0) }
    return try RecognizedNorm(
      node: node, weight: try tensors.floats(node, 1, rank: 1), bias: try tensors.floats(node, 2, rank: 1),
      mean: try tensors.floats(node, 3, rank: 1),
      variance: epsilon == 1e-5 ? variance : variance.map { Float(Double($0) + Double(epsilon) - Double(Float(1e-5))) }
    ).followed(by: affine)
  }
}
