import Foundation

/// Which class is taken for which: a table for few classes, a map for more, the pairs that are confused most for all.
struct ConfusionSection {
  /// Up to so many classes, every count is shown as a number; up to so many, as a spot of colour.
  static let tableLimit = 20
  static let mapLimit = 200

  private let evaluation: Evaluation
  private var matrix: ConfusionMatrix { evaluation.confusion }

  init(_ evaluation: Evaluation) { self.evaluation = evaluation }

  var html: String? {
    var parts: [String] = []
    if matrix.classes <= Self.tableLimit {
      parts.append(table)
    } else if matrix.classes <= Self.mapLimit {
      parts.append("<div class=\"panel map\">\n\(map)</div>")
    }
    if let pairs { parts.append("<h3 class=\"second\">Most confused</h3>\n\(pairs)") }
    if parts.isEmpty { return nil }
    let note =
      "A row holds the images of a class, its cells what they were taken for. Correct predictions are blue, mistakes "
      + "orange; the larger their share of the row, the stronger the colour."
    return HTML.section(
      "Confusion matrix", note: matrix.classes <= Self.mapLimit ? note : nil, parts.joined(separator: "\n"))
  }

  /// - Parameter limit: columns of a name; the matrix has one for every class.
  private func name(_ label: Int, limit: Int = 18) -> String { HTML.name(evaluation.classNames[label], limit: limit) }

  private func shortName(_ label: Int) -> String { DisplayWidth.fitted(evaluation.classNames[label], to: 60) }

  private var table: String {
    let heads = (0..<matrix.classes).map { "<th scope=\"col\">\(name($0))</th>" }.joined()
    let rows = (0..<matrix.classes).map { label in
      "<tr><th scope=\"row\">\(name(label))</th>\((0..<matrix.classes).map { cell(label, $0) }.joined())</tr>\n"
    }.joined()
    return HTML.scrolling(
      "Confusion matrix",
      "<table class=\"matrix\(matrix.classes > 12 ? " tight" : "")\">\n<thead><tr><th scope=\"col\">class ↓ taken for →</th>\(heads)</tr></thead>\n"
        + "<tbody>\n\(rows)</tbody>\n</table>")
  }

  private func cell(_ label: Int, _ predicted: Int) -> String {
    let count = matrix[label, predicted]
    let kind = label == predicted ? "right" : count == 0 ? "zero" : "wrong"
    let heat = count == 0 ? "" : " style=\"--heat:\(heat(label, predicted))%\""
    return "<td class=\"\(kind)\"\(heat)>\(count)</td>"
  }

  /// How strong a cell's colour is, in percent, of which texts in both themes stay readable: rare mistakes should show,
  /// so the square root of its share of the row.
  private func heat(_ label: Int, _ predicted: Int) -> Int {
    let share = Double(matrix[label, predicted]) / Double(max(matrix.support(label), 1))
    return Int((8 + 42 * share.squareRoot()).rounded())
  }

  /// Cells of one colour and strength are one path.
  private var map: String {
    let side = 600.0
    var paths: [String: String] = [:]
    for label in 0..<matrix.classes {
      for predicted in 0..<matrix.classes where matrix[label, predicted] > 0 {
        let share = Double(matrix[label, predicted]) / Double(matrix.support(label))
        let strength = max(1, Int((share.squareRoot() * 8).rounded(.up)))
        let style = "class=\"\(label == predicted ? "right" : "wrong")\" fill-opacity=\"\(Double(strength) / 8)\""
        paths[style, default: ""] += "M\(predicted) \(label)h1v1h-1z"
      }
    }
    let cells = paths.sorted { $0.key < $1.key }.map { "<path \($0.key) d=\"\($0.value)\"/>" }
    let worst = matrix.mostConfused(1).first.map {
      " Most often \(shortName($0.label)) is taken for \(shortName($0.predicted))."
    }
    let description =
      "\(matrix.classes) classes; \(TextFormat.percent(evaluation.accuracy)) of the images lie on the diagonal."
      + (worst ?? "")
    return SVG.open(
      width: side, height: side, fontSize: 13, title: "Confusion matrix", description: description, isDocument: false)
      + "\n<g transform=\"scale(\(side / Double(matrix.classes)))\">"
      + "<rect class=\"ground\" width=\"\(matrix.classes)\" height=\"\(matrix.classes)\"/>\n"
      + cells.joined(separator: "\n") + "\n</g></svg>\n"
  }

  private var pairs: String? {
    let pairs = matrix.mostConfused(matrix.classes <= Self.tableLimit ? 8 : 20)
    if pairs.isEmpty { return nil }
    let rows = pairs.map { pair in
      [
        name(pair.label, limit: 40), name(pair.predicted, limit: 40), TextFormat.thousands(pair.count),
        TextFormat.percent(Double(pair.count) / Double(matrix.support(pair.label))),
      ]
    }
    return HTML.table(
      "Most confused classes",
      [
        .init(head: "Class"), .init(head: "Taken for"), .init(head: "Images", isNumber: true),
        .init(head: "Of the class", isNumber: true),
      ], rows: rows)
  }
}
