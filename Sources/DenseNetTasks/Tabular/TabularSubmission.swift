import DenseNetData
import DenseNetReports
import DenseNets

/// Predictions by the networks of all folds, as a table of two columns.
struct TabularSubmission {
  let predictors: [FoldPredictor]
  let idName: String
  let target: String
  /// Whether the networks predict logarithms.
  let isLogarithm: Bool

  /// For each row, the mean of the folds' predictions, of logarithms where those were learned.
  func text(_ rows: TabularRows) throws -> String {
    let all = Array(0..<rows.features.rowCount)
    let predictions = predictors.map { $0.predict(rows.features, rows: all) }
    var text = CSVText.line([idName, target])
    for (row, id) in rows.ids.enumerated() {
      let mean = predictions.reduce(0) { $0 + $1[row] } / Double(predictions.count)
      let value = TableTarget.unit(of: mean, isLogarithm: isLogarithm)
      guard value.isFinite else {
        throw Failure(
          .invalidData,
          "the prediction for the test row \"\(printable(id, limit: 40))\" is not finite; check its numbers against those of the training table"
        )
      }
      text += CSVText.line([id, "\(value)"])
    }
    return text
  }
}
