public import DenseNets
public import Foundation

/// What `densenet tabular train` leaves besides `config.json`, `summary.json` and `model.safetensors`.
extension RunDirectory {
  /// Predictions for the test table: the identifiers and the target.
  public var submissionURL: URL { url.appendingPathComponent("submission.csv") }
  /// The fold in which each training row was held out.
  public var foldsURL: URL { url.appendingPathComponent("folds.csv") }
  /// How each fold's networks saw the columns.
  public var preprocessingURL: URL { url.appendingPathComponent("preprocessing.json") }

  /// Writes `submission.csv`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(submission text: String) throws(Failure) {
    try AtomicFile.write(Data(text.utf8), to: submissionURL)
  }

  /// Writes `folds.csv`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(folds text: String) throws(Failure) { try AtomicFile.write(Data(text.utf8), to: foldsURL) }

  /// Writes `preprocessing.json`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(preprocessing: some Encodable) throws(Failure) {
    try AtomicFile.write(prettyJSON(preprocessing) + Data("\n".utf8), to: preprocessingURL)
  }

  /// Writes `summary.json`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(summary: TabularSummary) throws(Failure) {
    try AtomicFile.write(prettyJSON(summary) + Data("\n".utf8), to: summaryURL)
  }
}
