import DenseNets
import Foundation

/// The constants of a model: initializers, and what nodes make of constants alone.
struct ONNXTensors {
  private let graph: ONNXGraph
  private let external: ExternalData
  /// Of the model's file, in bytes.
  private let size: Int
  /// Elements read so far: nodes can share tensors, and make many elements from a few, but no network is many times as
  /// large as its file.
  private var elements = 0
  /// Elements that nodes computed.
  private var made = 0
  private var steps: Int

  /// Twice the parameters of the largest network that has a name.
  private static let maximumMade = 1 << 26

  /// - Parameter size: of the model's file, in bytes.
  init(_ graph: ONNXGraph, external: ExternalData, size: Int) {
    (self.graph, self.external, self.size) = (graph, external, size)
    steps = 16 * graph.nodes.count + 1024
  }

  /// The floating-point tensor that `node` reads as its input `number`.
  /// - Throws: ``WeightsProblem`` where it is no constant, unsound, or of another rank.
  mutating func floats(_ node: GraphNode, _ number: Int, rank: Int) throws(WeightsProblem) -> Tensor {
    let name = try node.requiredInput(number)
    guard let value = try constant(name) else {
      throw node.problem("expected a constant as input \(number), found \"\(printable(name))\"")
    }
    guard let tensor = value.tensor, tensor.rank == rank, tensor.count > 0 else {
      let kind = value.tensor == nil ? "integers" : "shape \(value.shape.prefix(8))"
      throw node.problem("expected \(rank) axes of floating-point numbers as input \(number), found \(kind)")
    }
    return tensor
  }

  /// The integers that `node` reads as its input `number`.
  /// - Throws: ``WeightsProblem`` where they are no constant, or unsound.
  mutating func integers(_ node: GraphNode, _ number: Int) throws(WeightsProblem) -> [Int64] {
    let name = try node.requiredInput(number)
    guard let values = try constant(name)?.integers else {
      throw node.problem("expected constant integers as input \(number), found \"\(printable(name))\"")
    }
    return values
  }

  /// A value that does not depend on the graph's input; nil where it does, or where it cannot be told.
  mutating func constant(_ name: String, depth: Int = 0) throws(WeightsProblem) -> TensorValue? {
    steps -= 1
    guard steps > 0, depth < 64 else {
      throw WeightsProblem(
        "the constant \"\(printable(name))\" takes too long to compute", remedy: ONNXImport.remedy)
    }
    if let proto = graph.initializers[name] { return try counted(proto.value(external: external)) }
    guard let node = graph.producer(name), node.proto.output.first == name else { return nil }
    func input(_ number: Int) throws(WeightsProblem) -> TensorValue? {
      try constant(try node.requiredInput(number), depth: depth + 1)
    }
    let value: TensorValue?
    switch node.type {
    case "Constant": return try counted(node.constantValue(external: external))
    case "Identity", "Dropout", "CastLike": return try input(0)
    case "Concat":
      var parts: [TensorValue] = []
      for number in node.proto.input.indices {
        guard let part = try input(number) else { return nil }
        parts.append(part)
      }
      value = TensorValue.concatenated(parts, axis: node.integer("axis") ?? 1)
    case "Add", "Sub", "Mul", "Div":
      guard let left = try input(0), let right = try input(1) else { return nil }
      value = left.combined(with: right, node.type)
    default:
      guard ConstantFolding.types.contains(node.type), let first = try input(0) else { return nil }
      var others: [TensorValue?] = []
      for number in node.proto.input.indices.dropFirst() {
        guard node.input(number) != nil else {
          others.append(nil)
          continue
        }
        guard let other = try input(number) else { return nil }
        others.append(other)
      }
      value = ConstantFolding(node: node, external: external).value(of: first, others)
    }
    return try counted(value, isMade: true)
  }

  /// - Parameter isMade: whether nodes made it, of fewer numbers perhaps.
  private mutating func counted(_ value: TensorValue?, isMade: Bool = false) throws(WeightsProblem) -> TensorValue? {
    if isMade {
      made += value?.count ?? 0
      guard made <= Self.maximumMade else {
        throw WeightsProblem(
          "its nodes compute more than \(Self.maximumMade) numbers from constants", remedy: ONNXImport.remedy)
      }
      return value
    }
    elements += value?.count ?? 0
    guard elements <= 4 * (size + external.size) + 1 << 20 else {
      throw WeightsProblem(
        "its nodes read many times as many numbers as the file holds", remedy: ONNXImport.remedy)
    }
    return value
  }
}

extension GraphNode {
  /// What a `Constant` node holds.
  fileprivate func constantValue(external: ExternalData) throws(WeightsProblem) -> TensorValue? {
    if let tensor = tensor("value") { return try tensor.value(external: external) }
    if let value = float("value_float") { return .floating(Tensor(shape: [], values: [value])) }
    if let values = floats("value_floats") { return .floating(Tensor(shape: [values.count], values: values)) }
    if let value = integer("value_int") { return .integer([value], shape: []) }
    return integers("value_ints").map { .integer($0, shape: [$0.count]) }
  }
}

extension Tensor {
  /// Of a matrix.
  var transposed: Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let values = self.values
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows {
      for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
    }
    return Tensor(shape: [columns, rows], values: result)
  }
}
