public import DenseNets

/// Predictions as comma-separated values, `predictions.csv`: one per line, classes by index, with the file where an
/// example comes from one, and the names of the classes.
public enum PredictionTable {
  private static let heads = ["index", "label", "prediction", "confidence", "label_probability", "label_rank"]
  private static let file = "file"
  private static let names = ["label_name", "prediction_name"]
  /// The tables that there are; those of version 0.1.0 have no names.
  private static let known = [heads, heads + [file], heads + names, heads + [file] + names]

  /// - Parameter classNames: the name of each class; without them, the table has no names.
  public static func text(_ predictions: [Prediction], classNames: [String] = []) -> String {
    let hasFiles = predictions.contains { $0.file != nil }
    let shownNames = classNames.map(CSVText.field)
    var text = CSVText.line(heads + (hasFiles ? [file] : []) + (classNames.isEmpty ? [] : names))
    for prediction in predictions {
      text +=
        "\(prediction.index),\(prediction.label),\(prediction.predicted),\(Float(prediction.confidence)),"
        + "\(Float(prediction.labelProbability)),\(prediction.labelRank)"
      if hasFiles { text += "," + CSVText.field(prediction.file ?? "") }
      if !classNames.isEmpty { text += ",\(shownNames[prediction.label]),\(shownNames[prediction.predicted])" }
      text += "\n"
    }
    return text
  }

  /// The predictions of a table that ``text(_:classNames:)`` made.
  /// - Parameters:
  ///   - header: the names of its columns.
  ///   - rows: its fields, as many per row as there are columns.
  ///   - place: where a field lies, for messages, by its row and column.
  ///   - classes: how many there are.
  /// - Throws: `Failure(.invalidData)` with the place where it holds something else.
  public static func predictions(
    header: [String], rows: [[String]], place: (_ row: Int, _ column: Int) -> String, classes: Int
  ) throws(Failure) -> [Prediction] {
    guard known.contains(header) else {
      throw Failure(.invalidData, "\(place(0, 0)): expected the columns \(heads.joined(separator: ",")); train again")
    }
    let hasFiles = header.contains(file)
    var predictions: [Prediction] = []
    predictions.reserveCapacity(rows.count)
    for (row, fields) in rows.enumerated() {
      func number(_ column: Int, _ range: Range<Int>) throws(Failure) -> Int {
        guard let value = Int(fields[column]), range.contains(value) else {
          throw Failure(
            .invalidData,
            "\(place(row, column)): expected a whole number from \(range.lowerBound) to \(range.upperBound - 1), found "
              + "“\(fields[column].prefix(20))”; train again")
        }
        return value
      }
      func probability(_ column: Int) throws(Failure) -> Double {
        // A sum of rounded numbers may exceed 1 by a little.
        guard let value = Double(fields[column]), value >= 0, value <= 1.001 else {
          throw Failure(
            .invalidData,
            "\(place(row, column)): expected a probability, found “\(fields[column].prefix(20))”; train again")
        }
        return value
      }
      predictions.append(
        Prediction(
          index: try number(0, 0..<Int.max),
          file: hasFiles && !fields[6].isEmpty ? CSVText.unguarded(fields[6]) : nil,
          label: try number(1, 0..<classes), predicted: try number(2, 0..<classes), confidence: try probability(3),
          labelProbability: try probability(4), labelRank: try number(5, 1..<classes + 1)))
    }
    return predictions
  }
}
