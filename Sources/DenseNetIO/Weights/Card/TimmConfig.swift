import DenseNets
import Foundation

/// The `config.json` that timm writes beside a model's weights; in older ones, the fields of `pretrained_cfg` are at
/// the top level.
///
/// Each field has timm's effect, or is known to be without one on the answer, or makes the file one that is refused by
/// the field's name. What concerns images alone is refused when images are prepared.
struct TimmConfig: Decodable {
  static let maximumSize = 1 << 24

  /// Without effect: where a model comes from, what it is called, and what only training or other kinds of networks use.
  private static let inertFields: Set<String> = [
    "architectures", "do_pooling", "dtype", "hidden_size", "hidden_sizes", "id2label", "initializer_range",
    "label2id", "label_descriptions", "library_name", "license", "model_type", "num_features", "tags", "torch_dtype",
    "transformers_version", "_name_or_path",
  ]
  /// Model arguments without effect on inference.
  private static let inertArguments: Set<String> = [
    "aa_stem_only", "drop_path_rate", "drop_rate", "memory_efficient", "num_classes", "pretrained", "proj_drop_rate",
    "scriptable", "exportable",
  ]
  /// Model arguments that must be as here, where they are given.
  private static let fixedArguments: [String: [JSONValue]] = [
    "act_layer": [.string("relu")], "norm_layer": [.string("batchnorm2d"), .string("batchnorm")],
    "aa_layer": [.string("")], "stem_type": [.string("")], "features_only": [.bool(false)],
    "global_pool": [.string("avg"), .string("fast"), .string("fastavg")], "checkpoint_path": [.string("")],
  ]
  private static let sizeArguments: Set<String> = ["growth_rate", "block_config", "num_init_features", "bn_size"]

  private let fields: [String: JSONValue]
  private let arguments: [String: JSONValue]
  private let pretrained: TimmPretrained

  /// Nothing is read of what timm did not write: a run's settings, or those of another library's model.
  init(from decoder: any Decoder) throws {
    guard case .object(let fields) = try JSONValue(from: decoder), case .string? = fields["architecture"] else {
      (self.fields, arguments, pretrained) = ([:], [:], TimmPretrained([:]))
      return
    }
    self.fields = fields
    arguments = try Self.object("model_args", in: fields)
    var own = try Self.object("pretrained_cfg", in: fields)
    if fields["pretrained_cfg"] == nil {
      own = fields.filter { TimmPretrained.isKnown($0.key) }
      own["label_names"] = own["label_names"] ?? fields["labels"]
    }
    for key in ["num_classes", "label_names"] { own[key] = fields[key] ?? own[key] }
    if case .integer? = arguments["in_chans"] { own["in_chans"] = arguments["in_chans"] }
    pretrained = TimmPretrained(own)
  }

  private static func object(_ key: String, in fields: [String: JSONValue]) throws -> [String: JSONValue] {
    switch fields[key] {
    case .object(let members)?: return members
    case nil, .null?: return [:]
    case let other?: throw Failure(.invalidData, "\(key): expected an object, found \(printable(other.text))")
    }
  }

  private static let severalLabels = "multi_label_classification"

  /// Whether the network's outputs are probabilities of labels by themselves.
  var hasSeveralLabels: Bool { fields["problem_type"] == .string(Self.severalLabels) }

  /// The model's name, its classes, and its preprocessing.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)` that names a field by which the network would give other answers than here.
  func card(source: String) throws(Failure) -> ModelCard {
    guard case .string(let architecture)? = fields["architecture"] else { return ModelCard() }
    do throws(Failure) {
      try checkFields()
      try checkArguments()
      try pretrained.checkModel()
      var card = ModelCard(model: architecture, classNames: try pretrained.classNames())
      if let configuration = try configuration(architecture) { card.configuration = CardEntry(configuration) }
      card.preprocessing = pretrained.preprocessing(source: source)
      return card
    } catch {
      throw Failure(.invalidData, "\(source): \(error); correct or remove the field, or convert the weights alone")
    }
  }

  /// How many rows at the beginning of the classifier are of no class, and how many follow; nil: none are.
  func labelOffset(source: String) throws(Failure) -> (offset: Int, count: Int)? {
    do throws(Failure) { return try pretrained.labelOffset() } catch {
      throw Failure(.invalidData, "\(source): \(error); correct it")
    }
  }

  private func checkFields() throws(Failure) {
    let known: Set<String> = ["architecture", "pretrained_cfg", "model_args", "global_pool", "problem_type", "labels"]
    for key in fields.keys.sorted() where !known.contains(key) && !Self.inertFields.contains(key) {
      if !TimmPretrained.isKnown(key) { throw Failure(.invalidData, "the field \(printable(key)) is not known") }
    }
    try Self.require("global_pool", of: fields)
    let problems: [JSONValue] = [.null, .string("single_label_classification"), .string(Self.severalLabels)]
    if let problem = fields["problem_type"], !problems.contains(problem) {
      throw Failure(
        .invalidData,
        "problem_type: expected single_label_classification or \(Self.severalLabels), found \(printable(problem.text))")
    }
  }

  private func checkArguments() throws(Failure) {
    for key in arguments.keys.sorted() where !Self.inertArguments.contains(key) && !Self.sizeArguments.contains(key) {
      if key == "in_chans" { continue }
      guard Self.fixedArguments[key] != nil else {
        throw Failure(.invalidData, "model_args: \(printable(key)) is not known")
      }
      do throws(Failure) { try Self.require(key, of: arguments) } catch {
        throw Failure(.invalidData, "model_args: \(error)")
      }
    }
  }

  private static func require(_ key: String, of fields: [String: JSONValue]) throws(Failure) {
    guard var found = fields[key], found != .null, let allowed = fixedArguments[key] else { return }
    if case .string(let text) = found { found = .string(text.lowercased()) }
    guard allowed.contains(found) else {
      throw Failure(
        .invalidData, "\(key): expected \(quoted(allowed[0].text)) or none, found \(printable(found.text))")
    }
  }

  /// The network, where its sizes differ from those that its name stands for.
  private func configuration(_ architecture: String) throws(Failure) -> DenseNet.Configuration? {
    guard arguments.keys.contains(where: Self.sizeArguments.contains),
      var result = try? DenseNet.Configuration(named: architecture)
    else { return nil }
    func number(_ key: String) throws(Failure) -> Int? {
      switch arguments[key] {
      case nil, .null?: return nil
      case .integer(let value)?: return value
      case let other?:
        throw Failure(.invalidData, "model_args: \(key): expected a whole number, found \(printable(other.text))")
      }
    }
    let growthRate = try number("growth_rate")
    result.growthRate = growthRate ?? result.growthRate
    // timm begins with twice as many features as a layer adds.
    let usual = growthRate.map { 2 * min(max($0, 0), 1 << 20) } ?? result.initialFeatures
    result.initialFeatures = try number("num_init_features") ?? usual
    result.bottleneckWidth = try number("bn_size") ?? result.bottleneckWidth
    if case .array(let layers)? = arguments["block_config"] {
      result.blockLayers = layers.map { if case .integer(let count) = $0 { count } else { 0 } }
    }
    try result.validate()
    return result
  }
}
