/// Precision, recall and F1 of each class, the worst F1 first.
enum ClassSection {
  /// Of more classes than this, all but the weakest are folded away.
  private static let shown = 30

  static func html(_ evaluation: Evaluation) -> String {
    let matrix = evaluation.confusion
    let order = (0..<matrix.classes).sorted { (matrix.f1($0) ?? 2, $0) < (matrix.f1($1) ?? 2, $1) }
    let rows = order.map { label in
      row(
        HTML.name(evaluation.classNames[label], limit: 40), matrix.precision(label), matrix.recall(label),
        matrix.f1(label),
        support: matrix.support(label))
    }
    let averages = [matrix.precision, matrix.recall, matrix.f1].map(matrix.macroAverage)
    let mean = row("Mean of classes", averages[0], averages[1], averages[2], support: evaluation.count)
    func table(_ rows: [[String]], footer: [String]?) -> String {
      HTML.table(
        "Precision and recall of each class",
        [
          .init(head: "Class"), .init(head: "Precision", isNumber: true), .init(head: "Recall", isNumber: true),
          .init(head: "F1", isNumber: true), .init(head: "Images", isNumber: true),
        ], rows: rows, footer: footer)
    }
    let rest = rows.count > shown ? Array(rows.dropFirst(shown)) : []
    let folded =
      rest.isEmpty
      ? "" : "\n<details>\n<summary>\(rest.count) more classes</summary>\n\(table(rest, footer: nil))\n</details>"
    return HTML.section(
      "Classes",
      note:
        "Precision: of the images that were taken for the class, the share that belong to it. Recall: of the class's "
        + "images, the share that was found. F1: their harmonic mean. The weakest class first.",
      table(Array(rows.prefix(shown)), footer: mean) + folded)
  }

  private static func row(
    _ name: String, _ precision: Double?, _ recall: Double?, _ f1: Double?, support: Int
  ) -> [String] {
    [name] + [precision, recall, f1].map(share) + [TextFormat.thousands(support)]
  }

  /// A share as a number and a bar; a dash where it is not defined.
  private static func share(_ value: Double?) -> String {
    guard let value else { return "–" }
    let width = TextFormat.fixed(value * 100, decimals: 1)
    return
      "\(TextFormat.percent(value))<span class=\"share\" aria-hidden=\"true\"><i style=\"width:\(width)%\"></i></span>"
  }
}
