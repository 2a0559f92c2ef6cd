public import DenseNets
import Foundation

/// What a weights file says about its model, apart from the tensors.
///
/// It travels in ``WeightsFile/metadata``: in a safetensors file's `__metadata__`, in an ONNX model's `metadata_props`,
/// and in a PyTorch checkpoint's `_metadata`, which `torch.load` and `load_state_dict` ignore.
public struct ModelCard: Sendable, Equatable {
  /// The model's name, such as `d2l` or `densenet121`.
  public var model: String?
  public var configuration: CardEntry<DenseNet.Configuration>?
  /// The classes by name, in the order of the logits.
  public var classNames: [String]?
  /// How images become the network's input.
  public var preprocessing: CardEntry<Preprocessing>?

  public init(
    model: String? = nil, configuration: DenseNet.Configuration? = nil, classNames: [String]? = nil,
    preprocessing: Preprocessing? = nil
  ) {
    self.model = model
    self.configuration = configuration.map { CardEntry($0) }
    self.classNames = classNames
    self.preprocessing = preprocessing.map { CardEntry($0) }
  }

  private enum Key {
    static let model = "model"
    static let configuration = "configuration"
    static let classNames = "class_names"
    static let preprocessing = "preprocessing"
  }

  /// The card in a file's metadata. Class names that are no JSON array of strings are as good as none.
  /// - Parameter source: the file's name for messages.
  init(metadata: [String: String], source: String) {
    model = metadata[Key.model]
    configuration = metadata[Key.configuration].map { json in
      CardEntry(json: json) { data throws(Failure) in try DenseNet.Configuration(json: data, source: source) }
    }
    classNames = metadata[Key.classNames].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    preprocessing = metadata[Key.preprocessing].map { json in
      CardEntry(json: json) { data throws(Failure) in try Preprocessing(json: data, source: source) }
    }
  }

  /// The card as metadata.
  var metadata: [String: String] {
    var result: [String: String] = [:]
    result[Key.model] = model
    result[Key.configuration] = configuration?.json
    result[Key.classNames] = classNames.map { "[\($0.map(quoted).joined(separator: ","))]" }
    result[Key.preprocessing] = preprocessing?.json
    return result
  }

  /// Replaces the card in a file's metadata; other entries stay.
  func replace(in metadata: inout [String: String]) {
    for key in [Key.model, Key.configuration, Key.classNames, Key.preprocessing] { metadata[key] = nil }
    metadata.merge(self.metadata) { $1 }
  }
}

extension WeightsFile {
  /// What the file says about its model.
  public var card: ModelCard {
    get { ModelCard(metadata: metadata, source: cardSource ?? source) }
    set { newValue.replace(in: &metadata) }
  }
}
