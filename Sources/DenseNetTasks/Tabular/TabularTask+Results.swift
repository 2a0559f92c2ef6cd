import DenseNetData
import DenseNetIO
import DenseNetReports
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
    if let test = tables.test {
      let submission = TabularSubmission(
        predictors: results.map(\.predictor), idName: tables.idName, target: tables.target.name,
        isLogarithm: tables.target.isLogarithm)
      try folder.write(submission: submission.text(test))
    }
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
}
