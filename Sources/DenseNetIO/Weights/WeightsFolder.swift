import DenseNets
import Foundation

/// A folder as timm and Hugging Face leave it: weights, and a `config.json` that describes the model. A run's folder has
/// weights by the same name, and its `config.json` describes the run.
struct WeightsFolder {
  private static let weightsNames = ["model.safetensors", "pytorch_model.bin"]

  let weights: URL
  private let config: URL

  /// Nil where `url` is no folder.
  /// - Throws: `Failure(.inputOutput)` for a folder without weights.
  init?(_ url: URL) throws(Failure) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
      return nil
    }
    let candidates = Self.weightsNames.map { url.appendingPathComponent($0) }
    guard let weights = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      throw Failure(
        .inputOutput,
        "\(url.relativePath): expected a file, found a folder without \(Self.weightsNames.joined(separator: " or ")); "
          + "name the file inside it")
    }
    self.weights = weights
    config = url.appendingPathComponent("config.json")
  }

  /// What `config.json` says about the model: nothing where there is none, or where it describes something else.
  /// - Throws: `Failure(.invalidData)` for one that is not JSON or has a field of the wrong kind, `Failure(.inputOutput)`.
  func metadata() throws(Failure) -> [String: String] {
    guard FileManager.default.fileExists(atPath: config.path) else { return [:] }
    let data = try readFile(config)
    let source = config.relativePath
    guard data.count <= TimmConfig.maximumSize else {
      throw Failure(
        .invalidData,
        "\(source): expected at most \(TimmConfig.maximumSize) bytes, found \(data.count); remove it or download it again"
      )
    }
    do {
      return try JSONDecoder().decode(TimmConfig.self, from: data).card(source: source).metadata
    } catch {
      throw Failure(.invalidData, "\(source): \(Self.reason(error)); remove it or download it again")
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .keyNotFound(_, let context)?:
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return "the field \(printable(path)) is not what timm writes: \(printable(context.debugDescription, limit: 160))"
    case .dataCorrupted(let context)?: return "not valid JSON: \(printable(context.debugDescription, limit: 160))"
    default: return "not valid JSON"
    }
  }
}
