package import DenseNets
package import Foundation

/// What a run on a table leaves in addition to `config.json`, `summary.json` and `model.safetensors`.
extension RunDirectory {
  /// Predictions for the test table: the identifiers and the target.
  package var submissionURL: URL { url.appendingPathComponent("submission.csv") }
  /// The fold in which each training row was held out.
  package var foldsURL: URL { url.appendingPathComponent("folds.csv") }
  /// How each fold's networks saw the columns.
  package var preprocessingURL: URL { url.appendingPathComponent("preprocessing.json") }

  /// Writes `submission.csv`.
  /// - Throws: `Failure(.inputOutput)`.
  package func write(submission text: String) throws(Failure) {
    try AtomicFile.write(Data(text.utf8), to: submissionURL)
  }

  /// Writes `folds.csv`.
  /// - Throws: `Failure(.inputOutput)`.
  package func write(folds text: String) throws(Failure) { try AtomicFile.write(Data(text.utf8), to: foldsURL) }

  /// Writes `preprocessing.json`.
  /// - Throws: `Failure(.inputOutput)`.
  package func write(preprocessing: some Encodable) throws(Failure) {
    try AtomicFile.write(prettyJSON(preprocessing) + Data("\n".utf8), to: preprocessingURL)
  }

  /// Writes `summary.json`.
  /// - Throws: `Failure(.inputOutput)`.
  package func write(summary: TabularSummary) throws(Failure) {
    try AtomicFile.write(prettyJSON(summary) + Data("\n".utf8), to: summaryURL)
  }
}
