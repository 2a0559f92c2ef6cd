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
  private var steps: Int

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
    switch node.type {
    case "Constant": return try counted(node.constantValue(external: external))
    case "Identity", "Cast", "CastLike": return try input(0)
    case "Shape": return try input(0).map { node.shapeValue($0.shape) }
    case "Reshape", "Transpose", "Expand":
      guard let value = try input(0) else { return nil }
      if node.type == "Transpose" { return try counted(node.transposed(value)) }
      guard let shape = try input(1)?.integers else { return nil }
      return node.type == "Reshape" ? value.reshaped(shape) : try counted(value.expanded(shape))
    case "Concat":
      var joined: [Int64] = []
      for number in node.proto.input.indices {
        guard let value = try input(number), value.shape.count == 1, let part = value.integers else { return nil }
        joined += part
        guard joined.count <= TensorValue.maximumComputed else { return nil }
      }
      return .integer(joined, shape: [joined.count])
    default: return nil
    }
  }

  private mutating func counted(_ value: TensorValue?) throws(WeightsProblem) -> TensorValue? {
    elements += value.map { $0.tensor?.count ?? $0.integers!.count } ?? 0
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

  fileprivate func shapeValue(_ shape: [Int]) -> TensorValue {
    func place(_ position: Int64) -> Int {
      Int(min(max(position < 0 ? position + Int64(shape.count) : position, 0), Int64(shape.count)))
    }
    let begin = place(integer("start") ?? 0)
    let axes = shape[begin..<max(begin, place(integer("end") ?? Int64(shape.count)))].map(Int64.init)
    return .integer(axes, shape: [axes.count])
  }

  /// Of a matrix.
  fileprivate func transposed(_ value: TensorValue) -> TensorValue? {
    guard let tensor = value.tensor, tensor.rank == 2, integers("perm") ?? [1, 0] == [1, 0] else { return nil }
    return .floating(tensor.transposed)
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

extension TensorValue {
  /// Elements that nodes may make from a single one: more than any layer has channels.
  static let maximumComputed = 1 << 16

  /// With one axis of -1 at most; nil where the elements do not fit.
  fileprivate func reshaped(_ axes: [Int64]) -> TensorValue? {
    let count = tensor?.count ?? integers!.count
    guard axes.count <= 8, axes.allSatisfy({ $0 >= -1 && $0 <= count }), axes.count(where: { $0 == -1 }) <= 1 else {
      return nil
    }
    var known = 1
    for axis in axes where axis >= 0 { known = min(known * Int(axis), count + 1) }
    guard known > 0, count % known == 0 else { return nil }
    let shape = axes.map { $0 == -1 ? count / known : Int($0) }
    guard shape.reduce(1, *) == count else { return nil }
    return switch self {
    case .floating(let tensor): .floating(Tensor(shape: shape, values: tensor.values))
    case .integer(let values, _): .integer(values, shape: shape)
    }
  }

  /// A single element along one axis; nil for anything else.
  fileprivate func expanded(_ axes: [Int64]) -> TensorValue? {
    guard shape.allSatisfy({ $0 == 1 }), shape.count <= 1, axes.count == 1,
      (1...Int64(Self.maximumComputed)).contains(axes[0])
    else { return nil }
    let count = Int(axes[0])
    return switch self {
    case .floating(let tensor):
      .floating(Tensor(shape: [count], values: Array(repeating: tensor.values[0], count: count)))
    case .integer(let values, _): .integer(Array(repeating: values[0], count: count), shape: [count])
    }
  }
}
