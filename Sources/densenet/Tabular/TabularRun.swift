import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

/// One run of `densenet tabular train`: from the tables to the run folder.
struct TabularRun {
  let command: TabularTrainCommand
  let tables: TabularTables
  let device: Device

  func run() throws {
    let began = ContinuousClock.now
    Interrupts.watch()
    let folder = try makeFolder()
    do {
      try folder.write(config: TabularConfig(command, tables, epochs: epochs, device: device))
    } catch {
      folder.removeIfEmpty()
      throw error
    }
    try folder.write(folds: foldsText)
    let progress = ProgressBar(
      style: .automatic(quiet: command.quiet), plannedWork: plannedExamples)
    for note in tables.notes { progress.note("note: \(note)") }
    progress.note(
      "\(TextFormat.thousands(tables.ids.count)) rows, \(tables.folds.count) folds; writing \(folder.url.relativePath)")
    let results: [FoldResult]
    do {
      results = try (0..<tables.folds.count).map { try train(fold: $0, progress: progress) }
    } catch let error as Interruption {
      progress.finish()
      throw Interruption(description: "\(error.description); settings and folds are in \(folder.url.relativePath)")
    } catch {
      progress.finish()
      throw error
    }
    try write(results, to: folder, seconds: (ContinuousClock.now - began).inSeconds)
  }

  /// The passes of every fold.
  var epochs: Int { TabularNetwork.epochs(command, rows: tables.folds.training(0).count) }

  private var plannedExamples: Int { (tables.folds.count - 1) * tables.ids.count * epochs }

  /// Trains a fold's network and tests it on the rows held out.
  private func train(fold: Int, progress: ProgressBar) throws -> FoldResult {
    let (training, validation) = (tables.folds.training(fold), tables.folds.validation(fold))
    let encoder = TableEncoder(fitting: tables.features, rows: training, limit: command.clip.value)
    let scale = TargetScale(fitting: training.map { tables.target.values[$0] })
    let inputs = encoder.encode(tables.features, rows: training)
    let targets = Tensor(
      shape: [training.count, 1], values: training.map { Float(scale.standardized(tables.target.values[$0])) })
    let network = try TabularNetwork(
      command, features: encoder.featureCount, seed: TabularNetwork.seed(run: command.seed.value, fold: fold))
    progress.begin(
      "fold \(fold + 1)/\(tables.folds.count)",
      total: training.count * epochs)
    try network.train(inputs, targets, command, epochs: epochs, progress: progress)
    let predictor = FoldPredictor(encoder: encoder, scale: scale, network: network)
    let held = predictor.predict(tables.features, rows: validation)
    let squares = zip(held, validation).reduce(0) { sum, pair in
      sum + (pair.0 - tables.target.values[pair.1]) * (pair.0 - tables.target.values[pair.1])
    }
    let error = (squares / Double(validation.count)).squareRoot()
    guard error.isFinite else {
      throw Failure(
        .invalidData,
        "the predictions of fold \(fold + 1) are not finite: training diverged; use a smaller learning rate (--lr)")
    }
    progress.finish("fold \(fold + 1)/\(tables.folds.count)  \(errorName) \(Self.shown(error))")
    return FoldResult(predictor: predictor, error: error)
  }

  var errorName: String { command.noLogTarget ? "rmse" : "log rmse" }

  /// An error of a logarithm to four digits, one of prices without superfluous ones.
  static func shown(_ error: Double) -> String { TextFormat.fixed(error, decimals: error < 100 ? 4 : 1) }

  private func makeFolder() throws -> RunDirectory {
    if let output = command.output { return try RunDirectory(creating: output.url) }
    return try RunDirectory(creatingFor: command.model.rawValue, dataset: tables.name)
  }
}
