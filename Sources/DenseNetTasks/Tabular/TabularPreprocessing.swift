import DenseNetData

/// `preprocessing.json`: how each fold's network sees a table, and what its output means.
struct TabularPreprocessing: Codable {
  struct Fold: Codable {
    let encoder: TableEncoder
    let targetScale: TargetScale

    private enum CodingKeys: String, CodingKey {
      case encoder
      case targetScale = "target_scale"
    }
  }

  let target: String
  let logTarget: Bool
  let columns: [TableSchema.Column]
  let folds: [Fold]

  private enum CodingKeys: String, CodingKey {
    case target, columns, folds
    case logTarget = "log_target"
  }

  init(_ tables: TabularTables, _ results: [FoldResult]) {
    (target, logTarget) = (tables.target.name, tables.target.isLogarithm)
    columns = tables.schema.columns
    folds = results.map { Fold(encoder: $0.predictor.encoder, targetScale: $0.predictor.scale) }
  }
}
