import DenseNetData
public import DenseNetIO
public import DenseNets
import Foundation

/// Trains networks on a table, one for each fold of a cross-validation, and leaves a run folder.
///
/// ```swift
/// var options = TabularOptions(train: "train.csv", target: "SalePrice")
/// options.test = "test.csv"
/// let outcome = try TabularTask(options).run()
/// print(outcome.summary.errors.mean, outcome.folder.url.path)
/// ```
public struct TabularTask {
  public let options: TabularOptions
  public var device = Device.current
  public var events = TabularEvents()
  /// Stops the work; the stages are in ``events``.
  public var monitor = TaskMonitor()
  let tables: TabularTables

  /// Reads and checks the tables.
  /// - Throws: `Failure` where something in them, or an option, cannot be used.
  public init(_ options: TabularOptions) throws {
    self.options = options
    tables = try TabularTables(options)
    try TabularNetwork.requireMemory(
      options, features: tables.featureCount, memory: MemoryRequirement.machineMemory())
  }

  /// - Throws: `Failure` where training diverges or the folder cannot be written; ``TaskInterruption`` where the monitor
  ///   stops the work.
  public func run() throws -> TabularOutcome {
    try Device.$current.withValue(device) { try runOnDevice() }
  }

  private func runOnDevice() throws -> TabularOutcome {
    let began = ContinuousClock.now
    let folder = try makeFolder()
    let lock = try RunLock(folder.url)
    defer { lock.release() }
    // Another process may have been here first.
    try folder.requireNoRun()
    do {
      try folder.write(config: TabularConfig(options, tables, epochs: epochs, device: device))
    } catch {
      lock.release()
      folder.removeIfEmpty()
      throw error
    }
    try folder.write(folds: foldsText)
    let (rows, folds) = (tables.ids.count, tables.folds.count)
    for warning in tables.warnings { events.warning(warning) }
    events.begins(
      .init(rows: rows, folds: folds, plannedRows: (folds - 1) * rows * epochs, folder: folder, notes: tables.notes))
    let results: [FoldResult]
    do {
      results = try (0..<folds).map { try train(fold: $0) }
    } catch let stopped as TaskInterruption {
      throw TaskInterruption("\(stopped.description); settings and folds are in \(folder.url.relativePath)")
    }
    let summary = try write(results, to: folder, seconds: (ContinuousClock.now - began).inSeconds)
    return TabularOutcome(folder: folder, summary: summary)
  }

  /// The passes of every fold.
  var epochs: Int { options.epochs(rows: tables.folds.training(0).count) }

  /// Trains a fold's network and tests it on the rows held out.
  private func train(fold: Int) throws -> FoldResult {
    let (training, validation) = (tables.folds.training(fold), tables.folds.validation(fold))
    let encoder = TableEncoder(fitting: tables.features, rows: training, limit: options.clip)
    let scale = TargetScale(fitting: training.map { tables.target.values[$0] })
    let inputs = encoder.encode(tables.features, rows: training)
    let targets = Tensor(
      shape: [training.count, 1], values: training.map { Float(scale.standardized(tables.target.values[$0])) })
    let network = try TabularNetwork(
      options, features: encoder.featureCount, seed: TabularNetwork.seed(run: options.seed, fold: fold))
    events.foldBegins(fold, training.count * epochs)
    var isStopped = false
    try network.train(inputs, targets, options, epochs: epochs) { epoch, loss in
      events.epochEnds(epoch * training.count, loss)
      isStopped = monitor.shouldStop()
      return !isStopped
    }
    if isStopped { throw TaskInterruption("interrupted") }
    let predictor = FoldPredictor(encoder: encoder, scale: scale, network: network)
    let held = predictor.predict(tables.features, rows: validation)
    let squares = zip(held, validation).reduce(0) { sum, pair in
      sum + (pair.0 - tables.target.values[pair.1]) * (pair.0 - tables.target.values[pair.1])
    }
    let error = (squares / Double(validation.count)).squareRoot()
    guard error.isFinite else {
      throw Failure(
        .invalidData,
        "the predictions of fold \(fold + 1) are not finite: training diverged; use a smaller learning rate",
        settings: ["learningRate"])
    }
    events.foldEnds(fold, error)
    return FoldResult(predictor: predictor, error: error)
  }

  private func makeFolder() throws -> RunDirectory {
    if let output = options.output {
      try RunDirectory.requireNone(of: [options.train, options.test].compactMap(\.self), in: output)
      return try RunDirectory(creating: URL(fileURLWithPath: output))
    }
    return try RunDirectory(creatingFor: options.model.rawValue, dataset: tables.name)
  }
}

/// What happens in a ``TabularTask``.
public struct TabularEvents {
  /// What is known before the first fold.
  public struct Overview: Sendable {
    /// Of the training table.
    public let rows: Int
    public let folds: Int
    /// Those of all passes of all folds.
    public let plannedRows: Int
    public let folder: RunDirectory
    /// What a person should know of the columns.
    public let notes: [Remark]
  }

  /// Something in the tables that may be wrong; told before ``begins``.
  public var warning: (Remark) -> Void = { _ in }
  public var begins: (Overview) -> Void = { _ in }
  /// A fold, counted from 0, begins, of so many rows in all passes.
  public var foldBegins: (_ fold: Int, _ rows: Int) -> Void = { _, _ in }
  /// A pass is over: so many rows were learned from in this fold, with a mean loss.
  public var epochEnds: (_ rows: Int, _ loss: Double) -> Void = { _, _ in }
  /// A fold is over, with the root of the mean squared error of the rows held out.
  public var foldEnds: (_ fold: Int, _ error: Double) -> Void = { _, _ in }

  public init() {}
}

/// What a ``TabularTask`` left.
public struct TabularOutcome: Sendable {
  public let folder: RunDirectory
  public let summary: TabularSummary
}
