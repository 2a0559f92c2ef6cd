import DenseNets
import Foundation
import SwiftProtobuf
import Testing

@testable import DenseNetIO

private func network(
  _ stem: DenseNet.Configuration.StemKind, bottleneck: Int?, bias: Bool, naming: DenseNet.Configuration.StateNaming,
  channels: Int = 3, classes: Int = 4, blocks: [Int] = [2, 3, 1], compression: Double = 0.5,
  pool: DenseNet.Configuration.TransitionPool = .average
) -> DenseNet.Configuration {
  DenseNet.Configuration(
    inputChannels: channels, numClasses: classes, stem: stem, initialFeatures: 6, growthRate: 4, blockLayers: blocks,
    bottleneckWidth: bottleneck, compression: compression, transitionPool: pool, convolutionBias: bias, naming: naming)
}

private let networks: [DenseNet.Configuration] = [
  network(.imageNet, bottleneck: 4, bias: false, naming: .torchvision),
  network(.imageNet, bottleneck: nil, bias: true, naming: .chapter, channels: 1),
  network(.imageNet, bottleneck: 1, bias: true, naming: .torchvision, classes: 1, blocks: [1]),
  network(.imageNet, bottleneck: 2, bias: false, naming: .chapter),
  network(.imageNet, bottleneck: 2, bias: true, naming: .torchvision, pool: .max),
  network(.cifar, bottleneck: nil, bias: false, naming: .torchvision, blocks: [1, 2], pool: .max),
  network(.cifar, bottleneck: nil, bias: false, naming: .torchvision, compression: 1),
  network(.cifar, bottleneck: 3, bias: true, naming: .torchvision, channels: 5, compression: 0.37),
  network(.cifar, bottleneck: nil, bias: true, naming: .chapter, blocks: [2, 2]),
  tiny,
]

@Suite struct ONNXExportTests {
  @Test(arguments: networks) func everyNetworkComesBackBitForBit(_ configuration: DenseNet.Configuration) throws {
    var configuration = configuration
    configuration.dropRate = 0.2
    let net = randomNetwork(configuration)
    let card = ModelCard(model: "mine", classNames: ["a \"b\"", "c"], preprocessing: .imageNet)
    var export = ONNXExport(net, inputSize: 64, card: card)
    export.metadata = ["held_out": "{}", "model": "another"]
    let file = try weights(try export.serialized())
    #expect(file.tensors == WeightsFile(stateOf: net).tensors)
    #expect(try file.card.configuration?.value == configuration)
    #expect(file.card.model == "mine" && file.metadata["held_out"] == "{}")
    #expect(file.card.classNames == card.classNames)
    #expect(file.card.preprocessing == card.preprocessing)
  }

  @Test(arguments: networks) func graphTellsTheNetworkWithoutMetadata(_ configuration: DenseNet.Configuration) throws {
    var configuration = configuration
    let file = try weights(try model(of: configuration) { $0.metadataProps = [] })
    let found = try #require(try file.card.configuration?.value)
    // Several shares give the same channels.
    #expect(configuration.compression == 0.5 || abs(found.compression - configuration.compression) < 0.05)
    configuration.compression = found.compression
    #expect(found == configuration)
    #expect(file.tensors == WeightsFile(stateOf: randomNetwork(configuration)).tensors)
  }

  @Test func poolsOfTwoKindsAreRefused() throws {
    var deep = tiny
    deep.blockLayers = [1, 1, 1]
    let data = try model(of: deep) { model in
      model.graph.node[model.graph.node.lastIndex { $0.opType == "AveragePool" }!].opType = "MaxPool"
    }
    let failure = #expect(throws: Failure.self) { try weights(data) }
    #expect("\(failure as Any)".contains("found AveragePool before MaxPool"))
  }

  @Test func bytesDependOnTheNetworkAlone() throws {
    let first = try ONNXExport(randomNetwork(tiny)).serialized()
    #expect(try ONNXExport(randomNetwork(tiny)).serialized() == first)
    #expect(try ONNXExport(randomNetwork(tiny, seed: 2)).serialized() != first)
  }

  @Test(arguments: [nil, Extent(64, 96)]) func modelDeclaresItsEnds(_ size: Extent?) throws {
    let net = randomNetwork(tiny)
    let export = ONNXExport(net, inputSize: size, card: ModelCard(model: "tiny"), producerVersion: "1.2")
    let proto = try ONNXModelProto(serializedBytes: export.serialized())
    #expect(proto.irVersion == 8)
    #expect(proto.opsetImport.map(\.version) == [17])
    #expect([proto.producerName, proto.producerVersion, proto.graph.name] == ["densenet", "1.2", "tiny"])
    #expect(proto.graph.input.map(\.name) == ["input"])
    #expect(proto.graph.output.map(\.name) == ["logits"])
    let axes = proto.graph.input[0].type.tensorType.shape.dim.map(\.value)
    #expect(axes[..<2] == [.dimParam("N"), .dimValue(2)])
    #expect(
      axes[2...]
        == (size.map { [.dimValue(Int64($0.height)), .dimValue(Int64($0.width))] } ?? [.dimParam("H"), .dimParam("W")])[
          ...])
    #expect(proto.graph.output[0].type.tensorType.shape.dim.map(\.value) == [.dimParam("N"), .dimValue(3)])
    #expect(Set(proto.graph.initializer.map(\.name)) == Set(net.namedState.map(\.name)))
  }

  @Test func fileIsWrittenAndReadBesideOthers() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("net.onnx")
      let net = randomNetwork(tiny)
      try ONNXExport(net).write(to: file)
      #expect(try contents(of: folder) == ["net.onnx"])
      // By content, whatever it is called.
      let other = folder.appendingPathComponent("net.bin")
      try FileManager.default.copyItem(at: file, to: other)
      let reading = try WeightsReader(contentsOf: other)
      #expect(reading.format == .onnx)
      #expect(reading.file.tensors == WeightsFile(stateOf: net).tensors)
    }
  }

  @Test func imagesThatAreTooSmallAreRefused() throws {
    let net = DenseNet(network(.imageNet, bottleneck: nil, bias: true, naming: .chapter))
    let found = failure { _ = try ONNXExport(net, inputSize: 8).serialized() }
    #expect(found?.kind == .usage)
    #expect(found?.description.contains("too small") == true)
  }

  @Test func weightsAreNotWrittenAsONNX() throws {
    let file = WeightsFile(stateOf: DenseNet(tiny))
    let found = failure { try file.write(to: URL(fileURLWithPath: "/nowhere/a.onnx")) }
    #expect(found?.description.contains("export the network to write an ONNX model") == true)
  }
}
