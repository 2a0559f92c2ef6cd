import DenseNets

/// `scale · x + shift` for each channel, or for all.
struct ChannelAffine {
  /// One number, or one for each channel; as many as ``shift``.
  var scale: [Double] = [1]
  var shift: [Double] = [0]

  var isIdentity: Bool { scale.allSatisfy { $0 == 1 } && shift.allSatisfy { $0 == 0 } }

  func fits(_ channels: Int) -> Bool { scale.count == 1 || scale.count == channels }

  /// This of what `inner` makes.
  func composed(after inner: ChannelAffine) -> ChannelAffine {
    let count = max(scale.count, inner.scale.count)
    func at(_ values: [Double], _ channel: Int) -> Double {
      values[values.count == 1 ? 0 : min(channel, values.count - 1)]
    }
    return ChannelAffine(
      scale: (0..<count).map { at(scale, $0) * at(inner.scale, $0) },
      shift: (0..<count).map { at(scale, $0) * at(inner.shift, $0) + at(shift, $0) })
  }

  func expanded(_ channels: Int) -> ChannelAffine {
    scale.count == channels
      ? self
      : ChannelAffine(
        scale: Array(repeating: scale[0], count: channels), shift: Array(repeating: shift[0], count: channels))
  }
}

extension DenseNetMatcher {
  private static let arithmetic: Set<String> = ["Add", "Sub", "Mul", "Div"]
  private static let maximumSteps = 16

  /// The value behind arithmetic with constants for each channel, and what that does; Caffe calls it a Scale layer.
  mutating func unscaled(
    _ value: String, isChannelsLast: Bool = false
  ) throws(WeightsProblem) -> (value: String, affine: ChannelAffine) {
    var (value, result) = (graph.resolved(value), ChannelAffine())
    for _ in 0..<Self.maximumSteps {
      guard let node = graph.producer(value), Self.arithmetic.contains(node.type), node.proto.input.count == 2 else {
        return (value, result)
      }
      var place = 1
      var operand = try tensors.constant(try node.requiredInput(1))
      if operand == nil {
        (place, operand) = (0, try tensors.constant(try node.requiredInput(0)))
      }
      guard let tensor = operand?.tensor, let numbers = channels(tensor, of: node, isChannelsLast) else {
        throw node.problem("expected arithmetic with a constant for each channel")
      }
      result = result.composed(after: try step(node, numbers, isFirst: place == 0))
      value = graph.resolved(try node.requiredInput(1 - place))
    }
    throw WeightsProblem("\"\(printable(value))\": expected less arithmetic", remedy: ONNXImport.remedy)
  }

  private func step(_ node: GraphNode, _ c: [Double], isFirst: Bool) throws(WeightsProblem) -> ChannelAffine {
    let (ones, zeros) = (c.map { _ in 1.0 }, c.map { _ in 0.0 })
    switch (node.type, isFirst) {
    case ("Add", _): return ChannelAffine(scale: ones, shift: c)
    case ("Sub", false): return ChannelAffine(scale: ones, shift: c.map { -$0 })
    case ("Sub", true): return ChannelAffine(scale: c.map { _ in -1 }, shift: c)
    case ("Mul", _): return ChannelAffine(scale: c, shift: zeros)
    case ("Div", false) where !c.contains(0): return ChannelAffine(scale: c.map { 1 / $0 }, shift: zeros)
    default: throw node.problem("expected a division by numbers other than 0")
    }
  }

  /// A constant's numbers by channel, one for all; nil where it differs within a channel.
  private func channels(_ tensor: Tensor, of node: GraphNode, _ isChannelsLast: Bool) -> [Double]? {
    let numbers = tensor.values.map(Double.init)
    if numbers.count == 1 { return numbers }
    if tensor.rank == 1, node.integer("broadcast") == 1 { return node.integer("axis") == 1 ? numbers : nil }
    guard tensor.rank <= 4 else { return nil }
    let shape = Array(repeating: 1, count: 4 - tensor.rank) + tensor.shape
    return shape[isChannelsLast ? 3 : 1] == numbers.count ? numbers : nil
  }
}

extension RecognizedNorm {
  /// What the norm does to each channel.
  var affine: ChannelAffine {
    var result = ChannelAffine(scale: [], shift: [])
    for (((w, b), m), v) in zip(zip(zip(weight.values, bias.values), mean.values), variance.values) {
      let scale = Double(w) / (Double(v) + Double(Float(1e-5))).squareRoot()
      result.scale.append(scale)
      result.shift.append(Double(b) - Double(m) * scale)
    }
    return result
  }

  /// The norm with a scale and a shift after it.
  func followed(by affine: ChannelAffine) throws(WeightsProblem) -> RecognizedNorm {
    if affine.isIdentity { return self }
    guard affine.fits(weight.count), bias.count == weight.count else {
      throw node.problem(
        "expected \(affine.scale.count) channels as the arithmetic after it has, found \(weight.count)")
    }
    let each = affine.expanded(weight.count)
    func tensor(_ values: [Double]) -> Tensor { Tensor(shape: [values.count], values: values.map(Float.init)) }
    return RecognizedNorm(
      node: node, weight: tensor(zip(weight.values, each.scale).map { Double($0) * $1 }),
      bias: tensor(zip(zip(bias.values, each.scale), each.shift).map { Double($0.0) * $0.1 + $1 }), mean: mean,
      variance: variance)
  }
}
