import DenseNets

/// A model's graph by the names of its values: who makes which.
struct ONNXGraph {
  let nodes: [GraphNode]
  let initializers: [String: ONNXTensorProto]
  /// The one value that is given from outside; the extents of its four axes, where the model states them; and whether it
  /// is of bytes.
  let input: (name: String, shape: [Int64?]?, isBytes: Bool)
  let output: String
  /// The version of the operators.
  let opset: Int64
  private let producers: [String: Int]
  private var aliases: [String: String] = [:]

  /// The operators that a DenseNet consists of, and those that exporters apply to constants.
  private static let knownTypes: Set<String> = [
    "Conv", "BatchNormalization", "Relu", "MaxPool", "AveragePool", "Concat", "GlobalAveragePool", "ReduceMean",
    "Flatten", "Reshape", "Squeeze", "Gemm", "MatMul", "Add", "Identity", "Dropout", "Cast", "CastLike", "Constant",
    "Shape", "Expand", "Gather", "Unsqueeze", "Slice", "Transpose", "Mul", "Sub", "Div", "ConstantOfShape", "Sqrt",
    "Neg", "Pad", "Reciprocal", "Softmax", "LogSoftmax", "Sigmoid", "Size",
  ]
  /// Of integers in place of the weights' numbers.
  private static let integerTypes: Set<String> = [
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger",
  ]

  /// - Throws: ``WeightsProblem`` that names the first node that no DenseNet has, or what is there twice.
  init(_ graph: ONNXGraphProto, opset: Int64) throws(WeightsProblem) {
    self.opset = opset
    nodes = PadFolding(graph).folded().enumerated().map { GraphNode(index: $0, proto: $1) }
    var initializers: [String: ONNXTensorProto] = [:]
    for tensor in graph.initializer {
      guard initializers.updateValue(tensor, forKey: tensor.name) == nil else {
        throw WeightsProblem("two initializers are called \"\(printable(tensor.name))\"", remedy: ONNXImport.remedy)
      }
    }
    // Before IR version 4, initializers were among the inputs.
    let inputs = graph.input.filter { initializers[$0.name] == nil }
    guard inputs.count == 1, graph.output.count == 1 else {
      throw WeightsProblem(
        "expected a graph with one input and one output, found \(inputs.count) and \(graph.output.count)",
        remedy: ONNXImport.remedy)
    }
    input = (inputs[0].name, Self.shape(inputs[0]), inputs[0].type.tensorType.elemType == Self.bytes)
    output = graph.output[0].name
    var producers: [String: Int] = [:]
    for node in nodes {
      if Self.integerTypes.contains(node.type) || node.type.hasPrefix("QLinear") {
        throw WeightsProblem(
          "\(node.described): a model quantised to 8 bits, expected one in floating point",
          remedy: "export the network before it is quantised")
      }
      guard Self.knownTypes.contains(node.type), ["", "ai.onnx"].contains(node.proto.domain) else {
        throw node.problem("not part of a DenseNet")
      }
      for value in node.proto.output where !value.isEmpty {
        guard producers.updateValue(node.index, forKey: value) == nil, initializers[value] == nil, value != input.name
        else { throw node.problem("its output \"\(printable(value))\" exists already") }
      }
    }
    (self.initializers, self.producers) = (initializers, producers)
    aliases = try passedOn()
  }

  /// The format's number of unsigned integers of 8 bits.
  private static let bytes: Int32 = 2

  private static func shape(_ input: ONNXValueInfoProto) -> [Int64?]? {
    let dimensions = input.type.tensorType.shape.dim
    guard dimensions.count == 4 else { return nil }
    return dimensions.map { if case .dimValue(let extent)? = $0.value, extent > 0 { extent } else { nil } }
  }

  /// The node that makes a value, or nil for the input, an initializer and what is not there.
  func producer(_ value: String) -> GraphNode? { producers[value].map { nodes[$0] } }

  /// The value behind nodes that pass it on unchanged.
  func resolved(_ value: String) -> String { aliases[value] ?? value }

  /// What each value stands for that a node passes on, in one look at each.
  /// - Throws: ``WeightsProblem`` for a circle of such nodes.
  private func passedOn() throws(WeightsProblem) -> [String: String] {
    var aliases: [String: String] = [:]
    for node in nodes {
      guard var value = node.proto.output.first, aliases[value] == nil else { continue }
      var path: [String] = []
      while let node = producer(value), value == node.proto.output.first, let input = node.input(0), passesOn(node) {
        path.append(value)
        guard path.count <= nodes.count else {
          throw node.problem("its output \"\(printable(value))\" depends on itself")
        }
        value = aliases[input] ?? input
      }
      for name in path { aliases[name] = value }
    }
    return aliases
  }

  private func passesOn(_ node: GraphNode) -> Bool {
    switch node.type {
    case "Identity": true
    // Its third input would say that it is training.
    case "Dropout": node.input(2) == nil
    case "Cast":
      node.integer("to").flatMap { Int32(exactly: $0) }.flatMap(ONNXElementType.init)?.stored.isFloating == true
    default: false
    }
  }

  /// The node that makes a value, seen through nodes that pass it on.
  /// - Throws: ``WeightsProblem`` where there is none.
  func source(of value: String, for what: String) throws(WeightsProblem) -> GraphNode {
    let value = resolved(value)
    guard let node = producer(value) else {
      let found =
        value == input.name
        ? "the graph's input" : initializers[value] == nil ? "no such value" : "an initializer"
      throw WeightsProblem("\"\(printable(value))\": expected \(what), found \(found)", remedy: ONNXImport.remedy)
    }
    return node
  }

  /// The node of that type that makes a value.
  /// - Throws: ``WeightsProblem`` where another does, or none.
  func source(of value: String, _ type: String, for what: String) throws(WeightsProblem) -> GraphNode {
    let node = try source(of: value, for: what)
    guard node.type == type else { throw node.problem("expected \(what) (\(type))") }
    return node
  }
}
