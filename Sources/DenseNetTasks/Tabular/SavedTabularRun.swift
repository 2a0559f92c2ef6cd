import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// The networks of a finished ``TabularTask``, read from its folder.
struct SavedTabularRun {
  /// What predicting needs of `config.json`.
  private struct Config: Decodable {
    struct Table: Decodable {
      let train: String
      let id: String?
      /// Absent in runs of version 0.1.0, which know no other than the default.
      let format: TableFormat?
    }

    let model: String
    let layers: Int
    let growthRate: Int
    let table: Table

    private enum CodingKeys: String, CodingKey {
      case model, layers, table
      case growthRate = "growth_rate"
    }
  }

  let schema: TableSchema
  let id: String?
  let format: TableFormat
  let submission: TabularSubmission

  /// - Throws: `Failure(.missingInput)` where the folder holds no finished run on a table; `Failure(.invalidData)` where
  ///   its files do not fit together.
  init(contentsOf folder: URL) throws {
    let run = RunDirectory(at: folder)
    try Self.requireRun(run)
    let config = try readJSON(Config.self, from: run.configURL)
    let preprocessing = try readJSON(TabularPreprocessing.self, from: run.preprocessingURL)
    schema = TableSchema(columns: preprocessing.columns, source: config.table.train)
    (id, format) = (config.table.id, config.table.format ?? TableFormat())

    var options = TabularOptions(train: config.table.train, target: preprocessing.target)
    guard let model = TabularOptions.Model(rawValue: config.model) else {
      throw Failure(
        .invalidData,
        "\(run.configURL.relativePath): expected a known model, found \"\(printable(config.model))\"; train again")
    }
    (options.model, options.layers, options.growthRate) = (model, config.layers, config.growthRate)
    options.folds = preprocessing.folds.count
    let weights = try WeightsFile(contentsOf: run.weightsURL)
    try Self.requireColumns(preprocessing, of: run)
    let predictors = try preprocessing.folds.enumerated().map { index, fold in
      let features = fold.encoder.featureCount
      try TabularNetwork.requireMemory(options, features: features, memory: MemoryRequirement.machineMemory())
      let network = try TabularNetwork(options, features: features, seed: 0)
      try Self.fold(index, of: weights).load(into: network.model)
      return FoldPredictor(encoder: fold.encoder, scale: fold.targetScale, network: network)
    }
    submission = TabularSubmission(
      predictors: predictors, idName: id ?? TabularRows.idName, target: preprocessing.target,
      isLogarithm: preprocessing.logTarget)
  }

  private static func requireRun(_ run: RunDirectory) throws {
    let path = run.url.relativePath
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    guard exists(run.url) else {
      throw Failure(.missingInput, "\(path): expected the folder of a run on a table, found none; check the path")
    }
    guard exists(run.preprocessingURL), exists(run.configURL), exists(run.weightsURL) else {
      let found =
        exists(run.foldsURL)
        ? "one that did not finish; train again" : "none; name the folder that training on a table wrote"
      throw Failure(.missingInput, "\(path): expected a run on a table, found \(found)")
    }
  }

  /// Checks that every fold's encoder is of the table's columns, so that encoding cannot fail.
  private static func requireColumns(_ preprocessing: TabularPreprocessing, of run: RunDirectory) throws {
    let numeric = preprocessing.columns.filter { $0.kind == .numeric }.map(\.name)
    let categorical = preprocessing.columns.filter { $0.kind != .numeric }.map(\.name)
    let areSame = preprocessing.folds.allSatisfy {
      $0.encoder.numeric.map(\.name) == numeric && $0.encoder.categorical.map(\.name) == categorical
        && $0.encoder.categorical.allSatisfy { Set($0.categories).count == $0.categories.count }
        && $0.encoder.limit ?? 1 > 0
    }
    guard areSame, !preprocessing.folds.isEmpty else {
      throw Failure(
        .invalidData,
        "\(run.preprocessingURL.relativePath): expected the same columns for every fold, found others; train again")
    }
  }

  private static func fold(_ index: Int, of file: WeightsFile) -> WeightsFile {
    let prefix = "folds.\(index)."
    let tensors = file.tensors.filter { $0.name.hasPrefix(prefix) }.map {
      NamedTensor(name: String($0.name.dropFirst(prefix.count)), value: $0.value)
    }
    return WeightsFile(tensors: tensors, source: "\(file.source) (\(prefix.dropLast()))")
  }
}
