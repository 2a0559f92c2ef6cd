/// The results of a run on a table: its `summary.json`.
public struct TabularSummary: Sendable, Equatable, Encodable {
  /// Root mean squared errors of the rows held out.
  public struct Errors: Sendable, Equatable {
    /// The mean over the folds.
    public var mean: Double
    public var ofFolds: [Double]

    public init(ofFolds: [Double]) {
      self.ofFolds = ofFolds
      mean = ofFolds.reduce(0, +) / Double(ofFolds.count)
    }
  }

  public var model: String
  public var target: String
  /// Whether the errors are of logarithms.
  public var isLogarithm: Bool
  public var errors: Errors
  public var rows: Int
  /// Nil: there was no test table.
  public var testRows: Int?
  /// Columns of the encoding of all training rows.
  public var features: Int
  /// Learned values of a network for so many features.
  public var parameters: Int
  public var folds: Int
  public var epochs: Int
  public var batchSize: Int
  public var threads: Int
  public var seed: UInt64
  /// Wall-clock time of the whole run.
  public var seconds: Double
  /// The process's peak resident set.
  public var peakMemoryBytes: Int

  public init(
    model: String, target: String, isLogarithm: Bool, errors: Errors, rows: Int, testRows: Int?, features: Int,
    parameters: Int, epochs: Int, batchSize: Int, threads: Int, seed: UInt64, seconds: Double,
    peakMemoryBytes: Int = ProcessMemory.peakResidentBytes()
  ) {
    (self.model, self.target, self.isLogarithm, self.errors) = (model, target, isLogarithm, errors)
    (self.rows, self.testRows, self.features, self.parameters) = (rows, testRows, features, parameters)
    folds = errors.ofFolds.count
    (self.epochs, self.batchSize) = (epochs, batchSize)
    (self.threads, self.seed, self.seconds, self.peakMemoryBytes) = (threads, seed, seconds, peakMemoryBytes)
  }

  private enum CodingKeys: String, CodingKey {
    case model, target, rows, features, parameters, folds, epochs, threads, seed, seconds
    case testRows = "test_rows"
    case batchSize = "batch_size"
    case peakMemoryBytes = "peak_memory_bytes"
    case logError = "cv_log_rmse"
    case logErrorOfFolds = "fold_log_rmse"
    case error = "cv_rmse"
    case errorOfFolds = "fold_rmse"
  }

  /// The errors are `cv_log_rmse` and `fold_log_rmse` where they are of logarithms, `cv_rmse` and `fold_rmse`
  /// elsewhere.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(model, forKey: .model)
    try values.encode(target, forKey: .target)
    try values.encode(errors.mean, forKey: isLogarithm ? .logError : .error)
    try values.encode(errors.ofFolds, forKey: isLogarithm ? .logErrorOfFolds : .errorOfFolds)
    try values.encode(rows, forKey: .rows)
    try values.encode(testRows, forKey: .testRows)
    try values.encode(features, forKey: .features)
    try values.encode(parameters, forKey: .parameters)
    try values.encode(folds, forKey: .folds)
    try values.encode(epochs, forKey: .epochs)
    try values.encode(batchSize, forKey: .batchSize)
    try values.encode(threads, forKey: .threads)
    try values.encode(seed, forKey: .seed)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
  }
}
