public import DenseNets

/// Predictions of several labels as comma-separated values, `predictions.csv`: a line for each image, with a column of
/// each label's probability under the label's name, then a column of each label's truth, empty where it is not known, and
/// the file where images come from files.
public enum MultiLabelTable {
  private static let truth = " (true)"

  public static func text(_ evaluation: MultiLabelEvaluation) -> String {
    let width = evaluation.labelNames.count
    var lines = [heads(evaluation.labelNames, hasFiles: evaluation.files != nil).map(CSVText.field)]
    lines += evaluation.indices.enumerated().map { row, index in
      let places = row * width..<(row + 1) * width
      return ["\(index)"] + evaluation.probabilities[places].map { "\($0)" }
        + evaluation.values[places].map { $0 < 0 ? "" : "\($0)" }
        + (evaluation.files.map { [CSVText.field($0[row])] } ?? [])
    }
    return lines.map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// The names of the columns, each of them once.
  private static func heads(_ names: [String], hasFiles: Bool) -> [String] {
    var used: Set<String> = ["index", "file"]
    let all = (names + names.map { $0 + truth }).map { name in
      var head = name
      while !used.insert(head).inserted { head += "_" }
      return head
    }
    return ["index"] + all + (hasFiles ? ["file"] : [])
  }

  /// The evaluation that a table of ``text(_:)`` is of.
  /// - Parameters:
  ///   - rows: its fields below the header.
  ///   - place: where a field lies, for messages, by its row and column.
  ///   - labels: each label's name and threshold.
  /// - Throws: `Failure(.invalidData)` with the place where it holds something else.
  public static func evaluation(
    rows: [[String]], place: (_ row: Int, _ column: Int) -> String, labels: [(name: String, threshold: Double)]
  ) throws(Failure) -> MultiLabelEvaluation {
    let width = labels.count
    let columns = rows.first?.count ?? 0
    guard width > 0, [1 + 2 * width, 2 + 2 * width].contains(columns) else {
      throw Failure(
        .invalidData,
        "\(place(0, 0)): expected \(1 + 2 * width) columns for \(width) labels, found \(columns); train again")
    }
    var (indices, files): ([Int], [String]) = ([], [])
    var (probabilities, values): ([Double], [Int8]) = ([], [])
    for (row, fields) in rows.enumerated() {
      func refuse(_ column: Int, _ wanted: String) -> Failure {
        Failure(
          .invalidData,
          "\(place(row, column)): expected \(wanted), found “\(fields[column].prefix(20))”; train again")
      }
      guard let index = Int(fields[0]), index >= 0 else { throw refuse(0, "a whole number") }
      indices.append(index)
      for column in 1...width {
        guard let value = Double(fields[column]), (0...1).contains(value) else { throw refuse(column, "a probability") }
        probabilities.append(value)
      }
      for column in width + 1...2 * width {
        guard let value = ["": -1, "0": 0, "1": 1][fields[column]] as Int8? else {
          throw refuse(column, "0, 1 or nothing")
        }
        values.append(value)
      }
      if columns == 2 + 2 * width { files.append(CSVText.unguarded(fields[columns - 1])) }
    }
    return MultiLabelEvaluation(
      labelNames: labels.map(\.name), probabilities: probabilities, values: values,
      thresholds: labels.map(\.threshold), indices: indices, files: files.isEmpty ? nil : files)
  }
}
