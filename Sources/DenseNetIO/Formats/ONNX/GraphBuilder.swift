import DenseNets
import Foundation

/// A graph in the making. Each step adds the nodes of one layer, reads one value and returns the name of the next.
///
/// A node and its output have the layer's name in the state dictionary.
struct GraphBuilder {
  private(set) var graph = ONNXGraphProto()
  /// What the graph reads.
  static let images = "input"
  /// Nil: everything is of numbers.
  let quantization: Quantization?

  /// What the bytes of the current block stand for.
  var held: Quantization.Slice?

  init(_ quantization: Quantization? = nil) { self.quantization = quantization }

  mutating func node(
    _ type: String, _ name: String, _ inputs: [String], _ attributes: [ONNXAttributeProto] = [], output: String? = nil
  ) -> String {
    var node = ONNXNodeProto()
    (node.opType, node.name, node.input) = (type, name, inputs)
    node.output = [output ?? name]
    node.attribute = attributes
    graph.node.append(node)
    return output ?? name
  }

  /// Adds a layer's parameter or buffer.
  mutating func initializer(_ name: String, _ tensor: Tensor) -> String {
    var data = Data(capacity: 4 * tensor.count)
    tensor.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    return initializer(name, data, shape: tensor.shape, .float)
  }

  mutating func initializer(_ name: String, _ data: Data, shape: [Int], _ type: ONNXElementType) -> String {
    var proto = ONNXTensorProto()
    (proto.name, proto.dims, proto.dataType) = (name, shape.map(Int64.init), type.rawValue)
    proto.rawData = data
    graph.initializer.append(proto)
    return name
  }

  private mutating func initializers(of layer: any Layer, _ name: String) -> [String] {
    (layer.ownParameters + layer.ownBuffers).map { initializer("\(name).\($0.name)", $0.parameter.value) }
  }

  /// What the node of a layer reads: x, the weight and the bias, rounded where the layer is quantized.
  private mutating func operands(
    _ layer: any Layer, weight: Parameter, bias: Parameter?, _ name: String, _ x: String
  ) -> [String] {
    guard let own = quantization?.convolutions[name] else { return [x] + initializers(of: layer, name) }
    // Between the first convolution and the block that holds its output are a norm and a pool.
    let (isFirst, input) = (x == Self.images, "\(name).input")
    return [isFirst ? roundedImages(x, input, own) : rounded(x, input)]
      + quantizedParameters(
        own, shape: weight.shape, bias: bias?.value, held: isFirst ? nil : quantization?.outputs[name], name)
  }

  mutating func convolution(_ layer: Conv2d, _ name: String, _ x: String) -> String {
    return node(
      "Conv", name, operands(layer, weight: layer.weight, bias: layer.bias, name, x),
      Self.window(kernel: layer.kernelSize, stride: layer.stride, padding: layer.padding))
  }

  /// `ReLU(BN(x))`; for a quantized reader, in units of its bytes, of what a block holds in its own.
  mutating func normalized(
    _ layer: BatchNorm2d, _ name: String, _ x: String, for reader: String? = nil, source: Quantization.Slice? = nil
  ) -> String {
    let y: String
    if let unit = reader.flatMap({ quantization?.convolutions[$0]?.inputScale }) {
      let inputs = [x] + quantizedNorm(layer, name, source: source, unit: unit)
      y = node("BatchNormalization", name, inputs, [.float("epsilon", 0)])
    } else {
      y = node(
        "BatchNormalization", name, [x] + initializers(of: layer, name), [.float("epsilon", layer.epsilon)])
    }
    return node("Relu", "\(name).relu", [y])
  }

  mutating func pool(_ type: String, _ name: String, _ x: String, kernel: Extent, stride: Extent, padding: Extent)
    -> String
  {
    node(type, name, [x], Self.window(kernel: kernel, stride: stride, padding: padding))
  }

  mutating func linear(_ layer: Linear, _ name: String, _ x: String, output: String) -> String {
    return node(
      "Gemm", name, operands(layer, weight: layer.weight, bias: layer.bias, name, x), [.int("transB", 1)],
      output: output)
  }

  /// Declares the graph's input and output. A nil extent is a named axis.
  mutating func declare(
    name: String, input: (name: String, shape: [(String, Int?)]), output: (name: String, shape: [(String, Int?)])
  ) {
    graph.name = name
    graph.input = [Self.value(input.name, input.shape)]
    graph.output = [Self.value(output.name, output.shape)]
  }

  private static func window(kernel: Extent, stride: Extent, padding: Extent) -> [ONNXAttributeProto] {
    [
      .ints("kernel_shape", [kernel.height, kernel.width]),
      .ints("pads", [padding.height, padding.width, padding.height, padding.width]),
      .ints("strides", [stride.height, stride.width]),
    ]
  }

  private static func value(_ name: String, _ shape: [(String, Int?)]) -> ONNXValueInfoProto {
    var proto = ONNXValueInfoProto()
    proto.name = name
    proto.type.tensorType.elemType = ONNXElementType.float.rawValue
    proto.type.tensorType.shape.dim = shape.map { axis, extent in
      var dimension = ONNXTensorShapeProto.Dimension()
      if let extent { dimension.dimValue = Int64(extent) } else { dimension.dimParam = axis }
      return dimension
    }
    return proto
  }
}

extension ONNXAttributeProto {
  static func int(_ name: String, _ value: Int) -> ONNXAttributeProto {
    var proto = ONNXAttributeProto()
    (proto.name, proto.type, proto.i) = (name, .int, Int64(value))
    return proto
  }

  static func ints(_ name: String, _ values: [Int]) -> ONNXAttributeProto {
    var proto = ONNXAttributeProto()
    (proto.name, proto.type, proto.ints) = (name, .ints, values.map(Int64.init))
    return proto
  }

  fileprivate static func float(_ name: String, _ value: Float) -> ONNXAttributeProto {
    var proto = ONNXAttributeProto()
    (proto.name, proto.type, proto.f) = (name, .float, value)
    return proto
  }
}
