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
  /// What makes probabilities of the logits: `sigmoid` where images have several labels each; nil: the file does not say.
  public var activation: OutputActivation?
  /// For several labels, in the order of the logits: the probability from which on an image is said to have the label.
  public var thresholds: [Double]?

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
    static let activation = "activation"
    static let thresholds = "thresholds"
  }

  /// The card in a file's metadata. Class names that are no JSON array of strings are as good as none, and so are
  /// thresholds that are no array of numbers and activations that are not known.
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
    activation = metadata[Key.activation].flatMap(OutputActivation.init(rawValue:))
    thresholds = metadata[Key.thresholds].flatMap { try? JSONDecoder().decode([Double].self, from: Data($0.utf8)) }
  }

  /// The card as metadata.
  var metadata: [String: String] {
    var result: [String: String] = [:]
    result[Key.model] = model
    result[Key.configuration] = configuration?.json
    result[Key.classNames] = classNames.map { "[\($0.map(quoted).joined(separator: ","))]" }
    result[Key.preprocessing] = preprocessing?.json
    result[Key.activation] = activation?.rawValue
    result[Key.thresholds] = thresholds.map { "[\($0.map { "\($0)" }.joined(separator: ","))]" }
    return result
  }

  /// Replaces the card in a file's metadata; other entries stay.
  func replace(in metadata: inout [String: String]) {
    let keys = [Key.model, Key.configuration, Key.classNames, Key.preprocessing, Key.activation, Key.thresholds]
    for key in keys { metadata[key] = nil }
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
