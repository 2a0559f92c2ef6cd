public import DenseNets
public import Foundation
import SwiftProtobuf

/// A DenseNet as an ONNX model, for other runtimes.
///
/// - input: `input` `[N, inputChannels, H, W]`, fp32, normalised as in training; any N
/// - output: `logits` `[N, numClasses]`
///
/// The graph is the network's definition in inference: every batch norm stands by itself, initializers have the names
/// of the state dictionary and the bits of its values, so that reading the file back loses nothing but the norms'
/// counts of batches.
public struct ONNXExport {
  /// The version of the operators.
  public static let opset = 17
  /// The version of the format, as old as the operators.
  public static let irVersion = 8
  /// What a file cannot exceed, in bytes.
  static let maximumSize = Int(Int32.max)

  public var model: DenseNet
  /// The images' size; nil: any size.
  public var inputSize: Extent?
  /// What the file says about the model in its `metadata_props`, in addition to its configuration.
  public var card: ModelCard
  /// What else it says there, such as which images the model was trained on; the card's entries come first.
  public var metadata: [String: String] = [:]
  /// Nil: the graph is of numbers. Else it has QuantizeLinear and DequantizeLinear around convolutions whose weights are
  /// integers, and batch norms in units of these.
  public var quantization: Quantization?
  /// Of the program that writes the file.
  public var producerVersion: String

  public init(
    _ model: DenseNet, inputSize: Extent? = nil, card: ModelCard = ModelCard(), producerVersion: String = ""
  ) {
    (self.model, self.inputSize) = (model, inputSize)
    (self.card, self.producerVersion) = (card, producerVersion)
  }

  /// Writes the file, whole or not at all; see ``AtomicFile``.
  /// - Throws: `Failure(.usage)` for a network that no ONNX file can hold, `Failure(.inputOutput)`.
  public func write(to url: URL) throws(Failure) {
    try AtomicFile.write(try serialized(), to: url)
  }

  /// The file's bytes. They depend on the network, the size and the metadata alone.
  /// - Throws: `Failure(.usage)` for a network that no ONNX file can hold, or images that it cannot take.
  public func serialized() throws(Failure) -> Data {
    let bytes = model.namedState.reduce(0) { $0 + 4 * $1.parameter.count }
    guard bytes < Self.maximumSize - 1 << 24 else {
      throw Failure(
        .usage, "ONNX files hold less than \(Self.maximumSize) bytes, this network has \(bytes); keep it as safetensors"
      )
    }
    if let inputSize {
      do { _ = try model.mapSizes(inputSize) } catch {
        throw error as? Failure ?? Failure(.internalError, "\(error)")
      }
    }
    do { return try proto.serializedData() } catch {
      throw Failure(.internalError, "the ONNX model cannot be encoded: \(error)")
    }
  }

  private var proto: ONNXModelProto {
    var opset = ONNXOperatorSetIdProto()
    opset.domain = ""
    opset.version = Int64(Self.opset)
    var proto = ONNXModelProto()
    proto.irVersion = Int64(Self.irVersion)
    proto.opsetImport = [opset]
    proto.producerName = "densenet"
    proto.producerVersion = producerVersion
    proto.graph = GraphBuilder.graph(
      of: model, inputSize: inputSize, name: card.model ?? "densenet", quantization: quantization)
    proto.metadataProps = properties.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
      var entry = ONNXStringStringEntryProto()
      (entry.key, entry.value) = ($0.key, $0.value)
      return entry
    }
    return proto
  }

  private var properties: [String: String] {
    var card = card
    card.configuration = CardEntry(model.configuration)
    var result = metadata
    card.replace(in: &result)
    return result
  }
}
