public import DenseNets

/// The content of a weights file of any format: named tensors and, optionally, text metadata.
///
/// Names are PyTorch's, and shapes and elements are in its order. ``init(contentsOf:entry:)`` recognises a file's format by its
/// content, ``write(to:)`` picks one by the file's extension.
public struct WeightsFile: Sendable, Equatable {
  /// The tensors; after reading, in the order of the file.
  public var tensors: [NamedTensor]
  /// Text by key; ``card`` gives what this package keeps there.
  public var metadata: [String: String]
  /// What the file says of computing with bytes; ``tensors`` have the numbers that these stand for. It is written to
  /// safetensors files.
  public var quantization: Quantization?
  /// The file's name for messages.
  public var source: String
  /// Where the ``card`` is from, where that is another file.
  var cardSource: String?
  /// What was chosen and what was left out when the file was read, a line each, with the file's name.
  public internal(set) var notes: [Remark] = []

  public init(tensors: [NamedTensor] = [], metadata: [String: String] = [:], source: String = "weights") {
    self.tensors = tensors
    self.metadata = metadata
    self.source = source
  }

  /// The file that describes the model, for messages: this one, or one beside it.
  package var describedBy: String { cardSource ?? source }

  /// The value of that name, or nil.
  /// - Complexity: O(number of tensors). ``StateDictionary`` is for looking up many.
  public subscript(name: String) -> TensorValue? {
    tensors.first { $0.name == name }?.value
  }

  /// Checks that every floating-point number is finite.
  /// - Throws: `Failure(.invalidData)` that names the first tensor with a NaN or an infinity.
  public func requireFinite() throws(Failure) {
    for case (let name, .floating(let tensor)) in tensors.map({ ($0.name, $0.value) }) {
      if tensor.isFinite { continue }
      let index = tensor.values.firstIndex { !$0.isFinite }!
      throw Failure(
        .invalidData,
        "\(source): tensor \(printable(name)) holds \(tensor.values[index]) at element \(index), expected finite numbers; "
          + "use weights from before training diverged")
    }
  }
}

/// The formats that weights are read from.
public enum WeightsFormat: String, Sendable, Equatable, Codable {
  /// [safetensors](https://github.com/huggingface/safetensors).
  case safetensors
  /// What `torch.save` writes since PyTorch 1.6: a zip archive around a pickle.
  case pytorch
  /// What `torch.save` wrote before: pickles, then the elements.
  case pytorchLegacy = "pytorch-legacy"
  /// An [ONNX](https://onnx.ai) model of a DenseNet.
  case onnx
}
