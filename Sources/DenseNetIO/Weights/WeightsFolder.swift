import DenseNets
import Foundation

/// A folder as timm and Hugging Face leave it: weights, and a `config.json` that describes the model. A run's folder has
/// weights by the same name, and its `config.json` describes the run.
struct WeightsFolder {
  private static let weightsNames = ["model.safetensors", "pytorch_model.bin"]

  let weights: URL
  /// What describes the model, if it is there.
  private let config: URL

  /// Nil where `url` is no folder.
  /// - Throws: `Failure(.missingInput)` for a folder without weights.
  init?(_ url: URL) throws(Failure) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
      return nil
    }
    let candidates = Self.weightsNames.map { url.appendingPathComponent($0) }
    guard let weights = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path) }
      if has("saved_model.pb") || has("Data/com.apple.CoreML") {
        let what = has("saved_model.pb") ? "a TensorFlow SavedModel" : "a Core ML package"
        throw Failure(
          .invalidData,
          "\(url.relativePath): \(what), not weights; use weights saved by PyTorch or as safetensors, or an ONNX model of a DenseNet"
        )
      }
      if Self.weightsNames.contains(where: { has($0 + ".index.json") }) {
        throw Failure(
          .invalidData,
          "\(url.relativePath): its weights lie in several files, expected one; join them by PyTorch and save them again"
        )
      }
      throw Failure(
        .missingInput,
        "\(url.relativePath): expected a file, found a folder without \(Self.weightsNames.joined(separator: " or ")); "
          + "name a file of weights")
    }
    self.weights = weights
    config = url.appendingPathComponent("config.json")
  }

  /// Adds to the weights what `config.json` says about the model: nothing where there is none, or where it describes
  /// something else.
  /// - Throws: `Failure(.invalidData)` for one that is not JSON, has a field of the wrong kind, or describes a network
  ///   that is not one of this package; `Failure(.inputOutput)`.
  func describe(_ file: inout WeightsFile) throws(Failure) {
    defer { describeAsHuggingFace(&file) }
    guard let description = try timmConfig() else { return }
    let source = config.relativePath
    let card = try description.card(source: source).metadata
    if card.isEmpty { return }
    file.metadata.merge(card) { own, _ in own }
    if description.hasSeveralLabels { file.metadata["activation"] = file.metadata["activation"] ?? "sigmoid" }
    file.cardSource = source
    guard let classes = try description.labelOffset(source: source) else { return }
    for place in file.tensors.indices where file.tensors[place].name.hasPrefix("classifier.") {
      guard let tensor = file.tensors[place].value.tensor, tensor.rank > 0,
        tensor.shape[0] == classes.count + classes.offset
      else {
        throw Failure(
          .invalidData,
          "\(source): pretrained_cfg: label_offset: expected \(classes.count + classes.offset) classes in the weights, found the shape \(file.tensors[place].value.shape); correct it"
        )
      }
      let each = tensor.count / tensor.shape[0]
      file.tensors[place].value = .floating(
        Tensor(shape: [classes.count] + tensor.shape[1...], values: Array(tensor.values[(classes.offset * each)...])))
    }
  }

  /// The classes that Hugging Face's fields name, where nothing else does; and a note where it prepares images by a file of
  /// its own, which is not read.
  private func describeAsHuggingFace(_ file: inout WeightsFile) {
    if file.card.classNames == nil, let data = try? readFile(config),
      case .object(let fields)? = try? JSONDecoder().decode(JSONValue.self, from: data)
    {
      for (key, byName) in [("id2label", false), ("label2id", true)] {
        guard let value = fields[key], let names = MetadataClasses.names(value, byName: byName),
          names.count == file["classifier.weight"]?.shape.first
        else { continue }
        file.card.classNames = names
        break
      }
    }
    let own = config.deletingLastPathComponent().appendingPathComponent("preprocessor_config.json")
    if file.card.preprocessing == nil, FileManager.default.fileExists(atPath: own.path) {
      file.notes.append(
        Remark(
          "\(own.relativePath) is not read: images are prepared as for such networks; give their size and normalization if it says otherwise"
        ))
    }
  }

  private func timmConfig() throws(Failure) -> TimmConfig? {
    guard FileManager.default.fileExists(atPath: config.path) else { return nil }
    let data = try readFile(config)
    let source = config.relativePath
    guard data.count <= TimmConfig.maximumSize else {
      throw Failure(
        .invalidData,
        "\(source): expected at most \(TimmConfig.maximumSize) bytes, found \(data.count); remove it or download it again"
      )
    }
    do {
      return try JSONDecoder().decode(TimmConfig.self, from: data)
    } catch {
      throw Failure(.invalidData, "\(source): \(decodingProblem(error)); remove it or download it again")
    }
  }
}
