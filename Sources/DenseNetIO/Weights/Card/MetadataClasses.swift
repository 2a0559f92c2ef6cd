import DenseNets
import Foundation

/// The names of classes in a file's metadata, by the keys that other programs use.
enum MetadataClasses {
  private static let keys = ["classes", "class_names", "labels", "label_names", "names", "id2label", "idx_to_class"]
  private static let places = ["class_to_idx", "label2id"]

  /// JSON lists of names, and objects of names by place or of places by name.
  static func all(in metadata: [String: String]) -> [CheckpointClasses] {
    (keys + places).compactMap { key in
      guard let text = metadata[key], let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)),
        let names = names(value, byName: places.contains(key))
      else { return nil }
      return CheckpointClasses(names: names, key: key)
    }
  }

  /// - Parameter byName: whether an object's keys are the names.
  static func names(_ value: JSONValue, byName: Bool) -> [String]? {
    switch value {
    case .array(let items):
      let texts: [String] = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
      return texts.count == items.count && !texts.isEmpty ? texts : nil
    case .object(let members):
      var result: [Int: String] = [:]
      for (key, value) in members {
        switch (byName, value) {
        case (true, .integer(let place)): result[place] = key
        case (false, .string(let text)): if let place = Int(key) { result[place] = text }
        default: return nil
        }
      }
      guard !result.isEmpty, result.keys.sorted() == Array(0..<members.count) else { return nil }
      return result.keys.sorted().map { result[$0]! }
    default: return nil
    }
  }
}
