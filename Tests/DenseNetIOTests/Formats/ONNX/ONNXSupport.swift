import DenseNets
import Foundation
import SwiftProtobuf

@testable import DenseNetIO

/// A network whose every number is random, so that losing one shows.
func randomNetwork(_ configuration: DenseNet.Configuration, seed: UInt64 = 1) -> DenseNet {
  let net = DenseNet(configuration)
  net.initialize(seed: seed)
  var generator = SplitMix(state: seed)
  func randomize(_ parameter: Parameter, _ range: ClosedRange<Float>) {
    let values = (0..<parameter.value.count).map { _ in Float.random(in: range, using: &generator) }
    parameter.value = Tensor(shape: parameter.value.shape, values: values)
  }
  for (_, norm) in net.namedBatchNorms {
    randomize(norm.weight, 0.8...1.2)
    randomize(norm.bias, -0.1...0.1)
    randomize(norm.runningMean, -0.1...0.1)
    randomize(norm.runningVariance, 0.5...1.5)
  }
  for (name, parameter) in net.namedParameters where name.hasSuffix(".bias") { randomize(parameter, -0.1...0.1) }
  return net
}

/// A few hundred parameters, with bottlenecks and a transition.
let tiny = DenseNet.Configuration(
  inputChannels: 2, numClasses: 3, initialFeatures: 3, growthRate: 2, blockLayers: [2, 1], bottleneckWidth: 2,
  convolutionBias: false, naming: .torchvision)

/// A model of ``tiny`` or another network, changed.
func model(
  of configuration: DenseNet.Configuration = tiny, _ edit: (inout ONNXModelProto) -> Void = { _ in }
) throws -> Data {
  var proto = try ONNXModelProto(serializedBytes: ONNXExport(randomNetwork(configuration)).serialized())
  edit(&proto)
  return try proto.serializedData()
}

func weights(_ data: Data) throws -> WeightsFile { try WeightsFile(data: data, source: "m.onnx") }

extension ONNXModelProto {
  /// The place of the first node of a type.
  func place(_ type: String) -> Int { graph.node.firstIndex { $0.opType == type }! }

  func place(initializer name: String) -> Int { graph.initializer.firstIndex { $0.name == name }! }

  func attribute(_ name: String, of node: Int) -> Int {
    graph.node[node].attribute.firstIndex { $0.name == name }!
  }

  /// Adds a node that reads and makes single values, and has the others read what it makes in place of what it reads.
  mutating func insert(_ type: String, after value: String, _ attributes: [ONNXAttributeProto] = []) {
    for node in graph.node.indices {
      for input in graph.node[node].input.indices where graph.node[node].input[input] == value {
        graph.node[node].input[input] = "\(value).\(type)"
      }
    }
    graph.node.append(node(type, [value], "\(value).\(type)", attributes))
  }
}

func node(
  _ type: String, _ inputs: [String], _ output: String, _ attributes: [ONNXAttributeProto] = []
) -> ONNXNodeProto {
  var node = ONNXNodeProto()
  (node.opType, node.input, node.output, node.attribute) = (type, inputs, [output], attributes)
  return node
}

func integers(_ name: String, _ values: Int64...) -> ONNXAttributeProto {
  var attribute = ONNXAttributeProto()
  (attribute.name, attribute.type, attribute.ints) = (name, .ints, values)
  return attribute
}

func integer(_ name: String, _ value: Int64) -> ONNXAttributeProto {
  var attribute = ONNXAttributeProto()
  (attribute.name, attribute.type, attribute.i) = (name, .int, value)
  return attribute
}

func tensor(_ name: String, _ values: [Int64]) -> ONNXTensorProto {
  var tensor = ONNXTensorProto()
  (tensor.name, tensor.dims, tensor.dataType, tensor.int64Data) = (name, [Int64(values.count)], 7, values)
  return tensor
}
