public import DenseNetData
public import DenseNets
import Foundation

/// Predicts the rows of a table with the networks of a ``TabularTask``.
///
/// ```swift
/// let predictions = try TabularPredictionTask(run: "runs/houses", table: "new.csv").predict()
/// print(predictions.csv)
/// ```
public struct TabularPredictionTask {
  /// The run's folder.
  public var run: String
  /// A CSV file with the training table's columns except the target.
  public var table: String
  /// Changes how the table is written from how the training table was.
  public var format: (inout TableFormat) -> Void = { _ in }
  public var device = Device.current

  public init(run: String, table: String) { (self.run, self.table) = (run, table) }

  /// What a ``TabularPredictionTask`` found.
  public struct Result: Sendable {
    /// The identifiers and the predictions, as in a run's `submission.csv`.
    public let csv: String
    public let rows: Int
    /// What a person should know of the table.
    public let notes: [TableRemark]
    /// What may be wrong with it.
    public let warnings: [TableRemark]
  }

  /// - Throws: `Failure` where the folder holds no such run, or the table does not fit to it.
  public func predict() throws -> Result {
    try Device.$current.withValue(device) {
      let saved = try SavedTabularRun(contentsOf: URL(fileURLWithPath: run))
      var tableFormat = saved.format
      format(&tableFormat)
      try tableFormat.validate()
      let rows = try TabularRows(
        table, tableFormat, schema: saved.schema, id: saved.id, target: saved.submission.target,
        training: .init(names: nil, encoders: saved.submission.predictors.map(\.encoder)))
      return Result(
        csv: try saved.submission.text(rows), rows: rows.ids.count, notes: rows.notes, warnings: rows.warnings)
    }
  }
}
