import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// What weights say of the user's own images that they were trained on: a sketch by content, how they were split, and
/// which columns of their table said what. It is the same for equal runs, wherever they run.
struct TrainingImages {
  /// Of the images that training saw.
  let sketch: ImageSketch?
  /// How the images were split, where they were not split already.
  let rule: SplitRule?
  /// How a part was taken from the training images, where they came in parts.
  let carved: SplitRule?
  /// Of a table, but for the columns of labels, which are the classes' names.
  let columns: TableColumns
  /// The part of the images that the thresholds were chosen on: `validation` or `test`; nil: they were not.
  let thresholdsPart: String?

  private static let sketchKey = "training_images"
  private static let ruleKey = "held_out"
  private static let columnsKey = "table_columns"
  static let thresholdsKey = "thresholds_chosen_on"

  private struct Rule: Codable {
    var testShare: Double?
    var validationShare: Double?
    var carvedTestShare: Double?
    var carvedValidationShare: Double?
    let seed: UInt64

    enum CodingKeys: String, CodingKey {
      case testShare = "test_share"
      case validationShare = "val_share"
      case carvedTestShare = "carved_test_share"
      case carvedValidationShare = "carved_val_share"
      case seed = "split_seed"
    }

    /// Nil where the shares are none.
    var rule: SplitRule? {
      guard let testShare, let validationShare, Self.areSound(testShare, validationShare) else { return nil }
      return SplitRule(testShare: testShare, validationShare: validationShare, seed: seed)
    }

    var carved: SplitRule? {
      let (test, validation) = (carvedTestShare ?? 0, carvedValidationShare ?? 0)
      guard Self.areSound(test, validation) else { return nil }
      var rule = SplitRule(testShare: 0, seed: seed)
      (rule.carvedTestShare, rule.carvedValidationShare) = (test, validation)
      return rule
    }

    private static func areSound(_ test: Double, _ validation: Double) -> Bool {
      test >= 0 && validation >= 0 && test + validation > 0 && test + validation < 1
    }
  }

  /// - Parameter metadata: of a weights file.
  init(_ metadata: [String: String]) {
    func value<Value: Decodable>(_ key: String) -> Value? {
      metadata[key].flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }
    sketch = metadata[Self.sketchKey].flatMap { ImageSketch($0) }
    let saved: Rule? = value(Self.ruleKey)
    (rule, carved) = (saved?.rule, saved?.carved)
    columns = value(Self.columnsKey) ?? TableColumns()
    thresholdsPart = metadata[Self.thresholdsKey].flatMap { ["validation", "test"].contains($0) ? $0 : nil }
  }

  /// The entries for a weights file's metadata; none for images that are not in files.
  static func metadata(
    of train: any LabeledImages, _ splits: DatasetSplits, columns: TableColumns
  ) throws -> [String: String] {
    guard let images = train as? LabeledImageFiles else { return [:] }
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var result = [sketchKey: ImageSketch(images.paths).text]
    if let rule = splits.rule, rule.testShare > 0 {
      result[ruleKey] = try json(
        Rule(testShare: rule.testShare, validationShare: rule.validationShare, seed: rule.seed))
    } else if let rule = splits.carved {
      result[ruleKey] = try json(
        Rule(
          carvedTestShare: rule.carvedTestShare, carvedValidationShare: rule.carvedValidationShare, seed: rule.seed))
    }
    var columns = columns
    columns.labels = nil
    if columns != TableColumns() { result[columnsKey] = try json(columns) }
    return result
  }

  /// The split that training made of such images.
  /// - Parameters:
  ///   - isSplit: whether they come in parts.
  ///   - weights: their file, for messages.
  /// - Returns: nil where the weights do not tell.
  /// - Throws: `Failure(.invalidData)` where the split depends on a column that is not there.
  func rule(of source: ImageSource, isSplit: Bool, weights: String) throws(Failure) -> SplitRule? {
    guard let rule = isSplit ? carved : rule else { return nil }
    guard let group = columns.group, source.columns.group == nil else { return rule }
    let need = "in which rows of one value are in one part, as the weights' training held images out (\(weights))"
    if case .folder = source {
      throw Failure(
        .invalidData,
        "\(source.path): expected a table with the column \(group), \(need), found a folder; name the table",
        settings: ["dataset"])
    }
    throw Failure(
      .invalidData, "\(source.path): expected the column \(group), \(need), found none; name the column",
      settings: ["groupColumn"])
  }

  /// What is evaluated, as far as a warning depends on it.
  struct Request {
    let part: EvaluationPart?
    /// Whether the shares are the caller's.
    let hasOwnShares: Bool
    /// Whether the images come in parts.
    let isSplit: () -> Bool
  }

  /// Says where images are tested on that the weights were trained on, and names the settings that would help.
  func warning(about paths: [String], _ request: Request) -> (text: String, settings: [Failure.Setting])? {
    guard let (count, isExact) = sketch?.overlap(paths), count > 0 else { return nil }
    let all = paths.count == count && isExact
    let amount = all ? "all of these \(count)" : "\(isExact ? "" : "about ")\(count) of these \(paths.count)"
    let text = "\(amount) images are among those that the weights were trained on: accuracy is overestimated"
    // Who asks for them gets them.
    if request.part == .train || request.part == .all { return (text, []) }
    if rule != nil, !request.isSplit() {
      if request.hasOwnShares {
        return (
          "\(text); leave the shares out, and evaluate the part test, which training held out",
          ["validationShare", "testShare", "part"]
        )
      }
      if request.part == nil { return ("\(text); evaluate the part test, which training held out", ["part"]) }
    }
    return ("\(text); evaluate images that were not used for training", [])
  }
}
