public import DenseNets
import Foundation

/// Which columns of a table of images say what.
///
/// With ``labels`` or ``separator``, images have several labels each.
public struct TableColumns: Sendable, Equatable, Codable {
  /// What a label of −1 means, as CheXpert's tables have it for findings that are uncertain.
  public enum Uncertain: String, Sendable, CaseIterable, Codable {
    /// As an empty field: not known.
    case ignore
    case zero, one
  }

  /// Where the image is. Nil: `path`.
  public var path: String?
  /// Its class, or its labels with ``separator`` between them. Nil: `label`.
  public var label: String?
  /// Columns of 0 and 1, one for each label; nil: there are none.
  public var labels: [String]?
  /// What stands between the labels in the column ``label``; nil: an image has one class.
  public var separator: String?
  /// Nil: ``Uncertain/ignore``.
  public var uncertain: Uncertain?
  /// Rows of one value stay together when the table is split: a patient, a place. Nil: each row is on its own.
  public var group: String?

  public init() {}

  /// Whether images have several labels each.
  public var hasSeveralLabels: Bool { labels != nil || separator != nil }

  var pathName: String { path ?? "path" }
  var labelName: String { label ?? "label" }

  /// - Throws: `Failure(.usage)` for choices that do not go together.
  public func validate() throws(Failure) {
    func refuse(_ text: String, _ settings: Failure.Setting...) -> Failure {
      Failure(.usage, text, settings: settings)
    }
    if labels != nil, separator != nil {
      throw refuse(
        "labels: expected either columns of 0 and 1 or a separator, found both; leave one out", "labelColumns",
        "labelSeparator")
    }
    if labels != nil, label != nil {
      throw refuse(
        "labels: expected either one column or several, found both; leave one out", "labelColumns", "labelColumn")
    }
    if uncertain != nil, labels == nil {
      throw refuse("uncertain labels: apply only to several label columns; leave it out", "uncertain", "labelColumns")
    }
    if separator?.isEmpty == true {
      throw refuse("label separator: expected a character such as |, found none; name it", "labelSeparator")
    }
    let names = labels ?? [labelName]
    if names.contains(where: \.isEmpty) {
      throw refuse("label columns: expected names with commas between them, found an empty one", "labelColumns")
    }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw refuse("label columns: \(name) is named twice; leave one out", "labelColumns")
    }
    for (other, setting) in [(pathName, "pathColumn" as Failure.Setting), (group ?? "", "groupColumn")]
    where seen.contains(other) {
      throw refuse("\(other): names both a column of labels and another; name two columns", "labelColumns", setting)
    }
  }

  /// Names with commas between them; one that holds commas stands in double quotes.
  /// - Throws: `Failure(.usage)` where a quote is not closed.
  public static func names(_ text: String) throws(Failure) -> [String] {
    var scanner = CSVScanner(Array(text.utf8))
    do throws(CSVProblem) {
      return try scanner.next()?.fields.map { $0.trimmingCharacters(in: .whitespaces) } ?? [""]
    } catch {
      throw Failure(.usage, "expected names with commas between them: \(error.reason)")
    }
  }
}
