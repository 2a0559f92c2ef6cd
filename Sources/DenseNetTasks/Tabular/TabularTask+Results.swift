import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

extension TabularTask {
  /// The fold of each row, for other programs that are to be compared on the same ones.
  var foldsText: String {
    CSVText.line([tables.idName, "fold"])
      + zip(tables.ids, tables.folds.ofRow).map { CSVText.line([$0, "\($1)"]) }.joined()
  }

  /// Writes the results, and returns their summary.
  func write(_ results: [FoldResult], to folder: RunDirectory, seconds: Double) throws -> TabularSummary {
    try folder.write(weights: weights(results))
    try folder.write(preprocessing: TabularPreprocessing(tables, results))
    if let test = tables.test { try folder.write(submission: submission(results, test.features, ids: test.ids)) }
    let summary = TabularSummary(
      model: options.model.rawValue, target: tables.target.name, isLogarithm: tables.target.isLogarithm,
      errors: TabularSummary.Errors(ofFolds: results.map(\.error)), rows: tables.ids.count,
      testRows: tables.test?.ids.count, features: tables.featureCount,
      parameters: try TabularNetwork.parameterCount(options, features: tables.featureCount),
      epochs: epochs, batchSize: options.batchSize, threads: device.threads, seed: options.seed, seconds: seconds)
    try folder.write(summary: summary)
    return summary
  }

  private func weights(_ results: [FoldResult]) -> WeightsFile {
    var tensors: [NamedTensor] = []
    for (fold, result) in results.enumerated() {
      for (name, parameter) in result.predictor.network.model.namedState {
        tensors.append(NamedTensor(name: "folds.\(fold).\(name)", tensor: parameter.value))
      }
    }
    return WeightsFile(tensors: tensors, metadata: ["format": "pt", "model": options.model.rawValue])
  }

  /// The mean of the folds' predictions, of logarithms where those were learned, for each row of the test table.
  private func submission(_ results: [FoldResult], _ table: FeatureTable, ids: [String]) throws -> String {
    let predictions = results.map { $0.predictor.predict(table, rows: Array(0..<table.rowCount)) }
    var text = CSVText.line([tables.idName, tables.target.name])
    for (row, id) in ids.enumerated() {
      let mean = predictions.reduce(0) { $0 + $1[row] } / Double(predictions.count)
      let value = tables.target.unit(of: mean)
      guard value.isFinite else {
        throw Failure(
          .invalidData,
          "the prediction for the test row \"\(id.prefix(40))\" is not finite; check its numbers against those of the training table"
        )
      }
      text += CSVText.line([id, "\(value)"])
    }
    return text
  }
}

/// `preprocessing.json`: how each fold's network sees a table, and what its output means.
private struct TabularPreprocessing: Encodable {
  struct Fold: Encodable {
    let encoder: TableEncoder
    let targetScale: TargetScale
  }

  let target: String
  let logTarget: Bool
  let columns: [TableSchema.Column]
  let folds: [Fold]

  init(_ tables: TabularTables, _ results: [FoldResult]) {
    (target, logTarget) = (tables.target.name, tables.target.isLogarithm)
    columns = tables.schema.columns
    folds = results.map { Fold(encoder: $0.predictor.encoder, targetScale: $0.predictor.scale) }
  }
}
