import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

/// A quantized network in ONNX's own terms.
@Suite struct ONNXQuantizationTests {
  private func quantized(_ configuration: DenseNet.Configuration) throws -> (DenseNet, Quantization) {
    let net = randomNetwork(configuration)
    let calibrator = try QuantizationCalibrator(net)
    try calibrator.observe(.randn([4, configuration.inputChannels, 64, 64], seed: 1))
    return (net, calibrator.quantization())
  }

  private func graph(_ configuration: DenseNet.Configuration) throws -> (ONNXGraphProto, Quantization) {
    let (net, quantization) = try quantized(configuration)
    var export = ONNXExport(net)
    export.quantization = quantization
    return (try ONNXModelProto(serializedBytes: export.serialized()).graph, quantization)
  }

  @Test(arguments: [DenseNet.Configuration.TransitionPool.average, .max], [nil, 2])
  func convolutionsReadAndHaveIntegers(_ pool: DenseNet.Configuration.TransitionPool, _ bottleneck: Int?) throws {
    let (graph, quantization) = try graph(
      DenseNet.Configuration(
        inputChannels: 3, numClasses: 4, initialFeatures: 6, growthRate: 4, blockLayers: [2, 1],
        bottleneckWidth: bottleneck, transitionPool: pool))
    let makers = Dictionary(uniqueKeysWithValues: graph.node.map { ($0.output[0], $0) })
    let values = Dictionary(uniqueKeysWithValues: graph.initializer.map { ($0.name, $0) })
    let one = withUnsafeBytes(of: Float(1).bitPattern.littleEndian) { Data($0) }
    var layers: Set<String> = []
    for node in graph.node where ["Conv", "Gemm"].contains(node.opType) && makers[node.input[0]] != nil {
      layers.insert(node.name)
      // What is multiplied: bytes of a scale of 1, and weights of a scale per output.
      let input = try #require(makers[node.input[0]])
      #expect(input.opType == "DequantizeLinear" && makers[input.input[0]]?.opType == "QuantizeLinear")
      #expect(values[input.input[1]]?.rawData == one)
      let weight = try #require(makers[node.input[1]])
      #expect(weight.opType == "DequantizeLinear")
      let own = try #require(quantization.convolutions[node.name])
      let integers = try #require(values[weight.input[0]])
      #expect(integers.dataType == ONNXElementType.int8.rawValue && Int(integers.dims[0]) == own.weightScale.count)
      #expect(values[try #require(makers[node.input[2]]).input[0]]?.dataType == ONNXElementType.int32.rawValue)
    }
    // All but the first convolution.
    #expect(layers == Set(quantization.convolutions.keys))
  }

  @Test func itIsReadAsWhatItIsNot() throws {
    let (net, quantization) = try quantized(tiny)
    var export = ONNXExport(net)
    export.quantization = quantization
    let data = try export.serialized()
    let failure = #expect(throws: Failure.self) { try weights(data) }
    let line = failure?.description ?? ""
    #expect(line.contains("QuantizeLinear") && !line.contains("\n"), "\(line)")
  }
}
