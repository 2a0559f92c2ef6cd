import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// What weights say of the user's own images that they were trained on: a sample by content, and how they were split. It is
/// the same for equal runs, wherever they run.
struct TrainingImages {
  /// Of the images that training saw.
  let sketch: ImageSketch?
  /// How the images were split, where they were not split already.
  let rule: SplitRule?

  private static let sketchKey = "training_images"
  private static let ruleKey = "held_out"

  private struct Rule: Codable {
    let testShare: Double
    let validationShare: Double
    let seed: UInt64

    enum CodingKeys: String, CodingKey {
      case testShare = "test_share"
      case validationShare = "val_share"
      case seed = "split_seed"
    }
  }

  /// - Parameter metadata: of a weights file.
  init(_ metadata: [String: String]) {
    sketch = metadata[Self.sketchKey].flatMap { ImageSketch($0) }
    let saved = metadata[Self.ruleKey].flatMap { try? JSONDecoder().decode(Rule.self, from: Data($0.utf8)) }
    rule = saved.flatMap { saved in
      guard saved.testShare >= 0, saved.validationShare >= 0, saved.testShare + saved.validationShare < 1 else {
        return nil
      }
      return SplitRule(testShare: saved.testShare, validationShare: saved.validationShare, seed: saved.seed)
    }
  }

  /// The entries for a weights file's metadata; none for images that are not in files.
  /// - Parameter rule: nil where the images were split already.
  static func metadata(of train: any LabeledImages, rule: SplitRule?) throws -> [String: String] {
    guard let files = train.files else { return [:] }
    var result = [sketchKey: ImageSketch(files).text]
    if let rule {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      let saved = Rule(testShare: rule.testShare, validationShare: rule.validationShare, seed: rule.seed)
      result[ruleKey] = String(decoding: try encoder.encode(saved), as: UTF8.self)
    }
    return result
  }

  /// Says where images are tested on that the weights were trained on.
  func warning(about paths: [String]) -> String? {
    guard let (count, isExact) = sketch?.overlap(paths), count > 0 else { return nil }
    let all = paths.count == count && isExact
    let amount = all ? "all of these \(count)" : "\(isExact ? "" : "about ")\(count) of these \(paths.count)"
    let remedy =
      rule == nil
      ? "evaluate images that were not used for training"
      : "evaluate the part test, which training held out"
    return "\(amount) images are among those that the weights were trained on: accuracy is overestimated; \(remedy)"
  }
}
