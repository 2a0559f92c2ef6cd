import DenseNetData
import DenseNets
import Foundation

/// What the course of a run depends on, down to the last bit of its weights; a run goes on only with the same.
struct RunFingerprint: Codable {
  let network: DenseNet.Configuration
  let dataset: String
  let testSet: String
  let preprocessing: Preprocessing
  let recipe: Recipe
  /// Where the weights began: the seed's, or a file's, by its content.
  let initialWeights: String
  let freeze: FrozenPart?
  let freezeNorm: Bool
  let featuresLrScale: Double
  let precision: String
  let convolution: String
  let seed: UInt64
  let shuffle: Bool
  let maxSteps: Int?

  /// Each setting as text, for a checkpoint and for comparing: nested ones by their path.
  var flattened: [String: String] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let data = try? encoder.encode(self), let object = try? JSONSerialization.jsonObject(with: data) else {
      return [:]
    }
    var result: [String: String] = [:]
    Self.flatten(object, "", into: &result)
    return result
  }

  private static func flatten(_ value: Any, _ path: String, into result: inout [String: String]) {
    if let object = value as? [String: Any] {
      // A case without values of its own, such as `freeze.features`.
      if object.isEmpty { result[path] = "yes" }
      for (key, value) in object { flatten(value, path.isEmpty ? key : "\(path).\(key)", into: &result) }
    } else if let list = value as? [Any] {
      result[path] = "[\(list.map { "\($0)" }.joined(separator: ", "))]"
    } else {
      result[path] = "\(value)"
    }
  }

  /// What differs, as one line: `recipe.lr: 0.1 there, 0.2 here`; nil where nothing does.
  static func difference(_ old: [String: String], _ new: [String: String]) -> String? {
    let keys = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    if keys.isEmpty { return nil }
    let shown = keys.prefix(3).map { "\($0): \(old[$0] ?? "nothing") there, \(new[$0] ?? "nothing") here" }
    return shown.joined(separator: "; ") + (keys.count > 3 ? "; and \(keys.count - 3) more" : "")
  }
}
