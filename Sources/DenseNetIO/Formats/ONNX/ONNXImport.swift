import DenseNets
import Foundation
import SwiftProtobuf

/// Weights out of ONNX models: DenseNets as PyTorch's two exporters and ``ONNXExport`` write them.
///
/// The network is recognised by the graph's structure alone. A batch norm that an exporter has folded into the
/// convolution before it comes back as one that adds a bias.
enum ONNXImport {
  static let remedy = "export a DenseNet in inference mode, up to its logits, with torch.onnx.export or this package"

  /// Whether data may be an ONNX model: a version of the format, then one of the fields that can follow it.
  static func recognizes(_ data: Data) -> Bool {
    let head = [UInt8](data.prefix(9))
    guard head.count >= 3, head[0] == 0x08, (1...0x20).contains(head[1]) else { return false }
    // A safetensors file with a header of such a size has its first brace here.
    if head.count == 9, head[4..<8].allSatisfy({ $0 == 0 }), head[8] == UInt8(ascii: "{") { return false }
    return [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72].contains(head[2])
  }

  /// The state of the network that a model's graph is of, with its configuration among the metadata.
  /// - Parameter folder: where the model's file lies, for elements in files beside it; nil: in none.
  /// - Throws: ``WeightsProblem``, whatever the bytes are.
  static func decoded(_ data: Data, folder: URL?) throws(WeightsProblem) -> WeightsFile {
    try WireScan.check(data)
    let model: ONNXModelProto
    do {
      var options = BinaryDecodingOptions()
      options.discardUnknownFields = true
      model = try ONNXModelProto(serializedBytes: data, options: options)
    } catch {
      throw WeightsProblem("not an ONNX model, or a truncated one (\(error))")
    }
    try check(model)
    let graph = try ONNXGraph(model.graph, opset: opset(of: model))
    let tensors = ONNXTensors(graph, external: ExternalData(folder: folder), size: data.count)
    var walk = DenseNetMatcher(graph, tensors)
    let network = try walk.network()
    try network.checkShapes()
    return try file(network, model, graph)
  }

  private static func check(_ model: ONNXModelProto) throws(WeightsProblem) {
    guard model.hasGraph else { throw WeightsProblem("an ONNX model without a graph") }
    let opset = opset(of: model)
    guard opset >= 3 else {
      throw WeightsProblem("expected operators of version 3 or newer, found \(opset)", remedy: remedy)
    }
  }

  private static func opset(of model: ONNXModelProto) -> Int64 {
    model.opsetImport.first { ["", "ai.onnx"].contains($0.domain) }?.version ?? 1
  }

  private static func file(
    _ network: RecognizedNetwork, _ model: ONNXModelProto, _ graph: ONNXGraph
  ) throws(WeightsProblem) -> WeightsFile {
    let metadata = Dictionary(model.metadataProps.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    var card = ModelCard(metadata: metadata, source: "the model")
    let stated = try? card.configuration?.value
    let configuration = try network.configuration(stated: stated, naming: naming(model.graph))
    if configuration != stated {
      card.model = nil
      card.configuration = CardEntry(configuration)
    }
    if card.preprocessing == nil, let preprocessing = try network.preprocessing(graph.input.shape, graph.input.isBytes)
    {
      card.preprocessing = CardEntry(preprocessing)
    }
    var properties = metadata
    card.replace(in: &properties)
    properties["activation"] = metadata["activation"] ?? network.tail.activation
    return WeightsFile(stateOf: network.network(configuration), metadata: properties)
  }

  /// By the names that exporters keep: `features.conv0.weight`, or `1.net.0.0.weight`.
  private static func naming(_ graph: ONNXGraphProto) -> DenseNet.Configuration.StateNaming? {
    let names = graph.initializer.map(\.name)
    if names.contains(where: { $0.contains("features.") }) { return .torchvision }
    let isChapter = names.contains { name in
      let parts = name.split(separator: ".", maxSplits: 2)
      return parts.count == 3 && Int(parts[0]) != nil && parts[1] == "net"
    }
    return isChapter ? .chapter : nil
  }
}
