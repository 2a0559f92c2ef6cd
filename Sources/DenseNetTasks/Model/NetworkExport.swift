import DenseNetIO
import DenseNets
import Foundation

/// Writes a network for another runtime.
public struct NetworkExport {
  /// The height and width of the images that the written network takes, in pixels.
  public enum Size: Sendable {
    /// What the weights say that they are for, else what such networks are made for.
    case usual
    /// Left open.
    case any
    case side(Int)
  }

  /// What was written.
  public struct Report: Encodable, Sendable {
    public let model: String
    public let format: String
    public let opset: Int
    public let irVersion: Int
    public let output: String
    public let bytes: Int
    /// `[N, C, H, W]`; nil: left open.
    public let inputShape: [Int?]
    public let numClasses: Int
    public let parameters: Int
  }

  private let network: LoadedNetwork
  private let size: Size
  private let producerVersion: String

  /// - Parameter producerVersion: of the program that writes, for the file's header.
  public init(_ network: LoadedNetwork, size: Size = .usual, producerVersion: String) {
    (self.network, self.size, self.producerVersion) = (network, size, producerVersion)
  }

  /// Writes an ONNX model: the inference graph from `input` to `logits`.
  /// - Throws: `Failure(.usage)` where the network does not take images of that size, and where the file cannot be
  ///   written.
  public func writeONNX(to path: String) throws -> Report {
    let size = try extent()
    if let size { try MemoryRequirement.requireSide(min(size.height, size.width), for: network.net) }
    var card = network.card
    card.model = network.chosen.name
    if network.activation == .sigmoid { card.activation = .sigmoid }
    var export = ONNXExport(network.net, inputSize: size, card: card, producerVersion: producerVersion)
    (export.metadata, export.quantization) = (network.metadata, network.quantization)
    let data = try export.serialized()
    try AtomicFile.write(data, to: URL(fileURLWithPath: path))
    return Report(
      model: network.chosen.name, format: "onnx", opset: ONNXExport.opset, irVersion: ONNXExport.irVersion,
      output: path, bytes: data.count,
      inputShape: [nil, network.configuration.inputChannels, size?.height, size?.width],
      numClasses: network.configuration.numClasses, parameters: network.net.parameterCount)
  }

  /// Nil: left open.
  private func extent() throws -> Extent? {
    switch size {
    case .any: return nil
    case .side(let side): return Extent(side)
    case .usual:
      let size = try network.inputSize()
      return Extent(size.height, size.width)
    }
  }
}
