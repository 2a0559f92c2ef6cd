import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

/// `Tests/Fixtures/onnx-variants`, written by `Scripts/fixtures/weights/make_onnx_variant_fixtures.py`.
private let folder = fixtures.deletingLastPathComponent().appendingPathComponent("onnx-variants")
private let expected = try! WeightsFile(contentsOf: folder.appendingPathComponent("expected.safetensors"))
private let names = expected.tensors.map(\.name).filter { $0.hasSuffix(".output") }.map { String($0.dropLast(7)) }

/// A file of them, by its name: those of one kind have a folder, by the first part of their names.
enum ONNXVariant {
  static func url(_ name: String) -> URL {
    let kind = name.split(separator: "-")[0]
    return folder.appendingPathComponent(["front", "tail"].contains(kind) ? "\(kind)/\(name).onnx" : "\(name).onnx")
  }
}

/// One network as other exporters write it: what it answers is what ONNX Runtime does.
@Suite struct ONNXExporterTests {
  private func read(_ name: String) throws -> WeightsFile {
    try WeightsFile(contentsOf: ONNXVariant.url(name))
  }

  @Test func fixturesAreThere() { #expect(names.count == 20) }

  @Test(arguments: names) func answersAreThoseOfONNXRuntime(_ name: String) throws {
    let file = try read(name)
    let net = DenseNet(try #require(try file.card.configuration?.value), initialization: nil)
    try file.load(into: net)
    var x = try #require(expected["\(name).input"]?.tensor)
    if let preprocessing = try file.card.preprocessing?.value {
      // The graph's images are of bytes, or of a share of white.
      let white: Float = name == "front-unit" ? 1 : 255
      if x.shape[3] == 3 { x = channelsFirst(x) }
      let area = x.shape[2] * x.shape[3]
      let values = x.values.enumerated().map { place, value in
        let c = place / area % 3
        return (value / white - Float(preprocessing.mean[c])) / Float(preprocessing.std[c])
      }
      x = Tensor(shape: x.shape, values: values)
    }
    var answer = net(x).values.map(Double.init)
    switch name {
    case "tail-sigmoid": answer = answer.map { 1 / (1 + exp(-$0)) }
    case "tail-softmax", "tail-map", "tail-logsoftmax", "tail-temperature":
      let sum = answer.reduce(0) { $0 + exp($1) }
      answer = answer.map { name == "tail-logsoftmax" ? $0 - log(sum) : exp($0) / sum }
    default: break
    }
    let wanted = try #require(expected["\(name).output"]?.tensor).values.map(Double.init)
    let error = zip(answer, wanted).map { abs($0 - $1) }.max()! / wanted.map(abs).max()!
    #expect(answer.count == wanted.count && error < 4e-6, "\(error)")
  }

  private func channelsFirst(_ x: Tensor) -> Tensor {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let values = x.values
    var result: [Float] = []
    for image in 0..<n {
      for channel in 0..<c {
        for place in 0..<h * w { result.append(values[(image * h * w + place) * c + channel]) }
      }
    }
    return Tensor(shape: [n, c, h, w], values: result)
  }

  @Test(arguments: [
    ("tail-softmax", "softmax"), ("tail-logsoftmax", "softmax"), ("tail-sigmoid", "sigmoid"), ("tail-map", "softmax"),
    ("tail-temperature", "softmax"),
    ("tail-window", nil), ("caffe-9", nil),
  ])
  func theActivationIsNoted(name: String, activation: String?) throws {
    #expect(try read(name).metadata["activation"] == activation)
  }

  /// What is computed from the network's outputs, beyond probabilities.
  @Test(arguments: [
    ["ArgMax"], ["Clip"], ["Sigmoid", "Sub"], ["Softmax", "Mul"], ["Sigmoid", "Concat"], ["TopK"], ["Neg"], ["Greater"],
    ["Softmax", "Log"],
  ])
  func whatIsComputedFromTheOutputsIsNamed(_ types: [String]) throws {
    let data = try model { proto in
      for type in types {
        let last = proto.graph.output[0].name
        let isOfTwo = ["Sub", "Mul", "Greater"].contains(type)
        proto.graph.node.append(
          node(type, isOfTwo ? ["half", last] : type == "Concat" ? [last, last] : [last], "\(last)+"))
        proto.graph.output[0].name = "\(last)+"
      }
      proto.graph.initializer.append(
        ONNXTensorProto.with {
          ($0.name, $0.dataType, $0.dims, $0.floatData) = ("half", 1, [1], [0.5])
        })
    }
    let thrown = failure { _ = try weights(data) }
    #expect(thrown?.kind == .invalidData)
    #expect(thrown?.description.contains("up to its logits") == true, "\(thrown as Any)")
  }

  @Test func theFrontIsPreprocessing() throws {
    for name in ["front-unit", "front-nhwc", "front-norm"] {
      let preprocessing = try #require(try read(name).card.preprocessing?.value)
      for (found, wanted) in zip(preprocessing.mean + preprocessing.std, [0.485, 0.456, 0.406, 0.229, 0.224, 0.225]) {
        #expect(abs(found - wanted) < 1e-6)
      }
      #expect(preprocessing.fixedInputSize ?? (0, 0) == (16, 16) && preprocessing.inputChannels == 3)
    }
    let plain = try #require(try read("front-255").card.preprocessing?.value)
    #expect(plain.mean == [0, 0, 0] && plain.std.allSatisfy { abs($0 - 1) < 1e-7 })
    #expect(try read("caffe-9").card.preprocessing == nil)
  }

  /// Caffe's images are blue, green, red.
  @Test func otherOrdersOfChannelsAreRefused() throws {
    var proto = try ONNXModelProto(serializedBytes: Data(contentsOf: ONNXVariant.url("front-unit")))
    let place = try #require(
      proto.graph.initializer.firstIndex {
        $0.dims == [1, 3, 1, 1] && (try? $0.value(external: ExternalData(folder: nil)))?.tensor?.values[0] == 0.485
      })
    proto.graph.initializer[place].clearRawData()
    proto.graph.initializer[place].floatData = [0.406, 0.456, 0.485]
    let data = try proto.serializedData()
    let thrown = failure { _ = try weights(data) }
    #expect(thrown?.kind == .invalidData && thrown?.description.contains("blue, green, red") == true)
  }

  /// As PyTorch's exporter writes operators of version 9.
  @Test func paddingByNothingIsNothing() throws {
    let data = try model { proto in
      let place = proto.place("AveragePool")
      let source = proto.graph.node[place].input[0]
      proto.graph.node[place].input[0] = "padded"
      proto.graph.node.append(node("Pad", [source], "padded", [.ints("pads", [Int](repeating: 0, count: 8))]))
    }
    let found = try weights(data).tensors
    #expect(found == WeightsFile(stateOf: randomNetwork(tiny)).tensors)
  }

  /// Zeros that no window of a DenseNet has, values other than zero, and edges that are repeated.
  @Test(arguments: [
    ([0, 0, 2, 3, 0, 0, 3, 3], "constant"), ([0, 1, 3, 3, 0, 0, 3, 3], "constant"), ([0, 0, 3, 3, 0, 0, 3, 3], "edge"),
  ])
  func otherPaddingIsRefused(_ pads: [Int], _ mode: String) throws {
    let data = try model { proto in
      var text = ONNXAttributeProto()
      (text.name, text.type, text.s) = ("mode", .string, Data(mode.utf8))
      proto.graph.node.insert(node("Pad", ["input"], "padded", [.ints("pads", pads), text]), at: 0)
      proto.graph.node[1].input[0] = "padded"
      proto.graph.node[1].attribute.removeAll { $0.name == "pads" }
    }
    let thrown = failure { _ = try weights(data) }
    #expect(
      thrown?.kind == .invalidData && thrown?.description.contains("pad") == true, "\(thrown?.description ?? "none")")
  }

  @Test(arguments: ["QuantizeLinear", "DequantizeLinear", "QLinearConv", "DynamicQuantizeLinear", "ConvInteger"])
  func quantisedModelsAreRefusedByName(_ type: String) throws {
    let data = try model { $0.insert(type, after: "features.conv0") }
    let thrown = failure { _ = try weights(data) }
    #expect(thrown?.description.contains("(\(type)): a model quantised to 8 bits") == true)
  }

  @Test(arguments: [
    ("Softmax", [ONNXAttributeProto.int("axis", 0)], "expected a softmax over the classes, axis 1, found axis 0"),
    ("ArgMax", [], "(ArgMax): not part of a DenseNet"), ("Relu", [], "expected a DenseNet's classifier"),
  ])
  func otherEndsAreRefused(_ type: String, _ attributes: [ONNXAttributeProto], _ part: String) throws {
    let data = try model { proto in
      proto.graph.node.append(node(type, ["logits"], "end", attributes))
      proto.graph.output[0].name = "end"
    }
    let thrown = failure { _ = try weights(data) }
    #expect(thrown?.description.contains(part) == true, "\(thrown?.description ?? "none")")
  }

  /// A few bytes that stand for more numbers than there is memory.
  @Test(arguments: [[1 << 20, 1 << 20], [1 << 24], [1 << 40], [-1], [3, 1 << 62, 4, 4]])
  func aHugeConstantIsNotMade(_ shape: [Int]) throws {
    let data = try model { proto in
      let place = proto.place(initializer: "features.norm0.weight")
      proto.graph.initializer.remove(at: place)
      var axes = ONNXTensorProto()
      (axes.name, axes.dims, axes.dataType, axes.int64Data) = ("axes", [Int64(shape.count)], 7, shape.map(Int64.init))
      proto.graph.initializer.append(axes)
      proto.graph.node.insert(node("ConstantOfShape", ["axes"], "features.norm0.weight"), at: 0)
    }
    let before = ProcessMemory.peakResidentBytes()
    let thrown = failure { _ = try weights(data) }
    #expect(thrown?.kind == .invalidData)
    #expect(ProcessMemory.peakResidentBytes() - before < 256 << 20)
  }
}
