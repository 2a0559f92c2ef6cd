import Foundation

/// What a weights file says about its model besides the tensors.
///
/// It travels in ``WeightsFile/metadata``: in a safetensors file's `__metadata__`, and in a PyTorch checkpoint's
/// `_metadata`, where `torch.load` and `load_state_dict` pass over it.
public struct ModelCard: Sendable, Equatable, Codable {
  /// The model's name, such as `d2l` or `densenet121`.
  public var model: String?
  /// The model's configuration as JSON.
  public var configuration: String?
  /// The classes by name, in the order of the logits.
  public var classNames: [String]?
  /// How images become the network's input, as JSON.
  public var preprocessing: String?

  public init(
    model: String? = nil, configuration: String? = nil, classNames: [String]? = nil, preprocessing: String? = nil
  ) {
    self.model = model
    self.configuration = configuration
    self.classNames = classNames
    self.preprocessing = preprocessing
  }

  private enum Key {
    static let model = "model"
    static let configuration = "configuration"
    static let classNames = "class_names"
    static let preprocessing = "preprocessing"
  }

  /// The card in a file's metadata. Class names that are no JSON array of strings are as good as none.
  init(metadata: [String: String]) {
    model = metadata[Key.model]
    configuration = metadata[Key.configuration]
    classNames = metadata[Key.classNames].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    preprocessing = metadata[Key.preprocessing]
  }

  /// The card as metadata.
  var metadata: [String: String] {
    var result: [String: String] = [:]
    result[Key.model] = model
    result[Key.configuration] = configuration
    result[Key.classNames] = classNames.map { "[\($0.map(quoted).joined(separator: ","))]" }
    result[Key.preprocessing] = preprocessing
    return result
  }

  /// Brings the card into a file's metadata; what it does not know is removed there.
  func replace(in metadata: inout [String: String]) {
    for key in [Key.model, Key.configuration, Key.classNames, Key.preprocessing] { metadata[key] = nil }
    metadata.merge(self.metadata) { $1 }
  }
}

extension WeightsFile {
  /// What the file says about its model.
  public var card: ModelCard {
    get { ModelCard(metadata: metadata) }
    set { newValue.replace(in: &metadata) }
  }
}
