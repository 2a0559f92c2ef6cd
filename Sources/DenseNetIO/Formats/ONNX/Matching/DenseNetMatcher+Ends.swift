import DenseNets

/// What stands after the network: an activation of its outputs, and shapes that hold the same numbers.
struct RecognizedTail {
  /// `softmax` or `sigmoid`; nil: none.
  var activation: String?
}

/// What stands before the network's first convolution: the images' layout and normalisation.
struct RecognizedFront {
  /// What is done to each channel of the images, in the network's order.
  var affine = ChannelAffine()
  /// Whether the images' channels are their last axis.
  var isChannelsLast = false
}

extension DenseNetMatcher {
  /// The network's last layer, its activation, and the value that it reads.
  mutating func classifier() throws(WeightsProblem) -> (
    layer: (node: GraphNode, weight: Tensor, bias: Tensor), tail: RecognizedTail, x: String
  ) {
    let what = "a classifier (Gemm, or MatMul and Add)"
    var (node, tail) = (try graph.source(of: graph.output, for: what), RecognizedTail())
    var softmax: GraphNode?
    var (isFlat, isChannelsLast, factor) = (false, false, Float(1))
    for _ in graph.nodes.indices {
      switch node.type {
      case "Softmax", "LogSoftmax", "Sigmoid":
        guard tail.activation == nil else {
          throw node.problem("expected one activation of the outputs, found another")
        }
        // What multiplies probabilities is no temperature.
        if factor != 1 { throw beyondClassifier(node) }
        tail.activation = node.type == "Sigmoid" ? "sigmoid" : "softmax"
        if node.type != "Sigmoid" { softmax = node }
      case "Flatten", "Reshape", "Squeeze": isFlat = true
      case "Transpose":
        guard node.integers("perm") == [0, 2, 3, 1] else { throw node.problem("expected perm [0, 2, 3, 1]") }
        isChannelsLast = true
      case "Mul", "Div":
        // A temperature, before the activation.
        guard let (own, value) = try scaled(node) else { throw beyondClassifier(node) }
        factor *= own
        node = try graph.source(of: value, for: what)
        continue
      case "Gemm", "MatMul", "Add", "Conv":
        var (layer, x) = try self.layer(node)
        if factor != 1 {
          layer.weight = Tensor(shape: layer.weight.shape, values: layer.weight.values.map { $0 * factor })
          layer.bias = Tensor(shape: layer.bias.shape, values: layer.bias.values.map { $0 * factor })
        }
        let isMap = layer.node.type == "Conv" && !isFlat
        try softmax?.requireClasses(isMap ? isChannelsLast ? [3, -1] : [1, -3] : [1, -1], opset: graph.opset)
        return (layer, tail, x)
      default: throw beyondClassifier(node)
      }
      node = try graph.source(of: try node.requiredInput(0), for: what)
    }
    throw node.problem("expected \(what)")
  }

  /// A node that makes something else of the network's outputs.
  private func beyondClassifier(_ node: GraphNode) -> WeightsProblem {
    WeightsProblem(
      "\(node.described): expected a DenseNet's classifier (Gemm, or MatMul and Add), or a softmax or sigmoid of its outputs",
      remedy: "export the network up to its logits, without what is computed from them")
  }

  /// A value times a positive number, or divided by one; nil for another product.
  private mutating func scaled(_ node: GraphNode) throws(WeightsProblem) -> (factor: Float, value: String)? {
    let (first, second) = (try node.requiredInput(0), try node.requiredInput(1))
    for (constant, value) in [(second, first), (first, second)] where node.type == "Mul" || constant == second {
      guard let tensor = try tensors.constant(constant)?.tensor, tensor.count == 1, tensor.values[0].isFinite,
        tensor.values[0] > 0
      else { continue }
      return (node.type == "Mul" ? tensor.values[0] : 1 / tensor.values[0], value)
    }
    return nil
  }

  private mutating func layer(
    _ node: GraphNode
  ) throws(WeightsProblem) -> (layer: (node: GraphNode, weight: Tensor, bias: Tensor), x: String) {
    switch node.type {
    case "Gemm":
      guard node.float("alpha") ?? 1 == 1, node.float("beta") ?? 1 == 1 else {
        throw node.problem("expected alpha and beta of 1")
      }
      try node.require("transA", 0, unless: 0)
      let stored = try tensors.floats(node, 1, rank: 2)
      let weight = node.integer("transB") ?? 0 == 1 ? stored : stored.transposed
      let bias = node.input(2) == nil ? .zeros([weight.shape[0]]) : try row(node, 2, count: weight.shape[0])
      return ((node, weight, bias), try node.requiredInput(0))
    case "Add":
      let first = graph.resolved(try node.requiredInput(0))
      let isFirst = ["MatMul", "Conv"].contains(graph.producer(first)?.type)
      let second = try node.requiredInput(1)
      let product = try graph.source(of: isFirst ? first : second, for: "the classifier's product")
      guard product.type == "MatMul" || product.type == "Conv" && product.input(2) == nil else {
        throw product.problem("expected the classifier's product (MatMul, or a convolution of 1×1)")
      }
      var (layer, x) = try self.layer(product)
      layer.bias = try row(node, isFirst ? 1 : 0, count: layer.weight.shape[0])
      return (layer, x)
    case "MatMul":
      let weight = try tensors.floats(node, 1, rank: 2).transposed
      return ((node, weight, .zeros([weight.shape[0]])), try node.requiredInput(0))
    case "Conv":
      let convolution = try self.convolution(node, kernel: 1)
      let weight = Tensor(shape: [convolution.outputs, convolution.inputs], values: convolution.weight.values)
      return ((node, weight, convolution.bias ?? .zeros([convolution.outputs])), try node.requiredInput(0))
    default: throw beyondClassifier(node)
    }
  }

  /// A bias, whatever axes of one it has.
  private mutating func row(_ node: GraphNode, _ number: Int, count: Int) throws(WeightsProblem) -> Tensor {
    let name = try node.requiredInput(number)
    guard let tensor = try tensors.constant(name)?.tensor, tensor.count == count,
      tensor.shape.filter({ $0 != 1 }).count <= 1
    else { throw node.problem("expected a bias of \(count) numbers as input \(number), found \"\(printable(name))\"") }
    return Tensor(shape: [count], values: tensor.values)
  }

  /// The value whose means the classifier reads.
  mutating func globalPool(_ value: String) throws(WeightsProblem) -> String {
    let what = "the means of the last map"
    var node = try graph.source(of: value, for: what)
    // What a matrix product can read has the means as rows, whatever shape they were brought to.
    for _ in graph.nodes.indices {
      guard ["Flatten", "Reshape", "Squeeze", "Transpose"].contains(node.type) else { break }
      if node.type == "Flatten" { try node.require("axis", 1, unless: 1) }
      if node.type == "Transpose" { try node.require("perm", [0, 2, 3, 1], unless: []) }
      node = try graph.source(of: try node.requiredInput(0), for: what)
    }
    switch node.type {
    case "GlobalAveragePool": return try node.requiredInput(0)
    case "AveragePool":
      // A window as large as the map, where the images' size tells how large that is.
      guard let side = node.integers("kernel_shape")?.first else { throw node.problem("expected a kernel_shape") }
      try node.requireWindow(side, stride: node.integers("strides")?.first ?? 1, padding: 0)
      lastMap = (node, Int(clamping: side))
      return try node.requiredInput(0)
    case "ReduceMean":
      let listed = node.integers("axes")
      let axes = if let listed { listed } else { try tensors.integers(node, 1) }
      var input = try node.requiredInput(0)
      var expected: [[Int64]] = [[2, 3], [-2, -1]]
      if let before = graph.producer(graph.resolved(input)), before.type == "Transpose",
        before.integers("perm") == [0, 2, 3, 1]
      {
        (input, expected) = (try before.requiredInput(0), [[1, 2], [-3, -2]])
      }
      guard expected.contains(axes.sorted()) else {
        throw node.problem("expected means over axes \(expected[0]), found \(axes.prefix(8))")
      }
      return input
    default: throw node.problem("expected the means of the last map (GlobalAveragePool or ReduceMean)")
    }
  }

  /// `Conv 7×7 → BN → ReLU → MaxPool`, its norm folded or not, or `Conv 3×3`; and what is done to images before.
  mutating func stem(
    _ value: String
  ) throws(WeightsProblem) -> (convolution: RecognizedConvolution, norm: RecognizedNorm?, front: RecognizedFront) {
    let last = try graph.source(of: value, for: "a stem's pool or convolution, or a transition's pool")
    var node = last
    var (norm, affine): (RecognizedNorm?, ChannelAffine) = (nil, ChannelAffine())
    if last.type == "MaxPool" {
      try last.requireWindow(3, stride: 2, padding: 1)
      (node, affine) = try activated(try last.requiredInput(0))
      if node.type == "BatchNormalization" {
        norm = try self.norm(node, affine)
        node = try graph.source(of: try node.requiredInput(0), for: "the stem's convolution")
      }
    }
    guard node.type == "Conv" else { throw node.problem("expected a stem's convolution, or a transition's pool") }
    let isImageNet = last.type == "MaxPool"
    var convolution = try self.convolution(
      node, kernel: isImageNet ? 7 : 3, stride: isImageNet ? 2 : 1, padding: isImageNet ? 3 : 1)
    if isImageNet, norm == nil { norm = try takeBias(&convolution, affine) }
    let front = try self.front(try node.requiredInput(0), channels: convolution.inputs)
    let axis = front.isChannelsLast ? 3 : 1
    if let channels = graph.input.shape?[axis], channels != Int64(convolution.inputs) {
      throw node.problem("expected \(convolution.inputs) channels in the graph's input, found \(channels)")
    }
    return (convolution, norm, front)
  }

  /// What is done to the graph's input before the first convolution.
  private mutating func front(_ value: String, channels: Int) throws(WeightsProblem) -> RecognizedFront {
    var (front, value) = (RecognizedFront(), value)
    for _ in graph.nodes.indices {
      let (inner, affine) = try unscaled(value, isChannelsLast: front.isChannelsLast)
      front.affine = front.affine.composed(after: affine)
      value = inner
      if value == graph.input.name {
        guard front.affine.fits(channels) else {
          throw WeightsProblem(
            "its images are normalised by \(front.affine.scale.count) channels, expected \(channels)",
            remedy: ONNXImport.remedy)
        }
        return front
      }
      guard let node = graph.producer(value) else { break }
      switch node.type {
      case "Transpose" where !front.isChannelsLast && node.integers("perm") == [0, 3, 1, 2]: front.isChannelsLast = true
      case "BatchNormalization" where !front.isChannelsLast:
        front.affine = front.affine.composed(after: try norm(node, ChannelAffine()).affine)
      // Of integers, such as the images' bytes.
      case "Cast": break
      default:
        throw node.problem("expected the graph's input, or its normalisation (Sub, Div, Mul, Add, Transpose)")
      }
      value = graph.resolved(try node.requiredInput(0))
    }
    throw WeightsProblem(
      "\"\(printable(value))\": expected the graph's input, found no such value", remedy: ONNXImport.remedy)
  }
}

extension GraphNode {
  /// Checks that a softmax is over the classes.
  fileprivate func requireClasses(_ axes: [Int64], opset: Int64) throws(WeightsProblem) {
    let axis = integer("axis") ?? (opset < 13 ? 1 : -1)
    // Before opset 13, all axes from that one on were one.
    guard axes.contains(axis) || opset < 13 && axis == 1 else {
      throw problem("expected a softmax over the classes, axis \(axes[0]), found axis \(axis)")
    }
  }
}
