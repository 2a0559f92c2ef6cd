import DenseNetData
import DenseNetTasks
import DenseNets
import Foundation

/// The tables of a run, read and checked before anything is computed or written.
struct TabularTables {
  let name: String
  let schema: TableSchema
  let features: FeatureTable
  let target: TableTarget
  let folds: Folds
  /// Columns of the encoding of all training rows.
  let featureCount: Int
  /// The column of identifiers, and what it holds for each training row.
  let idName: String
  let ids: [String]
  let test: (features: FeatureTable, ids: [String])?
  /// What a person should know of the columns.
  let notes: [String]

  init(_ command: TabularTrainCommand) throws {
    let train = try CSVTable(contentsOf: command.train.url)
    name = command.train.url.deletingPathExtension().lastPathComponent
    target = try TableTarget(command.target, of: train, logarithm: !command.noLogTarget)
    if command.id == command.target || command.drop.contains(command.target) {
      throw Failure(.usage, "--target: \"\(command.target)\" is named by --id or --drop too; name another column")
    }
    ids = try Self.ids(command.id, of: train)
    for column in command.drop { _ = try train.column(named: column) }
    schema = try TableSchema(of: train, without: Set([command.target] + [command.id].compactMap { $0 } + command.drop))
    features = try schema.features(of: train)
    folds = try Folds(rows: train.rows.count, count: command.folds.value, seed: command.seed.value)
    idName = command.id ?? "row"
    let whole = TableEncoder(fitting: features, rows: Array(0..<features.rowCount))
    featureCount = whole.featureCount
    try whole.requireSize(rows: features.rowCount, memory: MemoryRequirement.machineMemory(), source: train.source)
    var notes = schema.dropped.map { "left out \"\($0.name)\": \($0.reason)" }
    if let path = command.test {
      let table = try CSVTable(contentsOf: path.url)
      test = (try schema.features(of: table), try Self.ids(command.id, of: table))
      let unknown = table.header.filter { !train.header.contains($0) }
      if !unknown.isEmpty {
        notes.append("\(table.source): not used, since \(train.source) lacks them: \(unknown.joined(separator: ", "))")
      }
    } else {
      test = nil
    }
    self.notes = notes
  }

  private static func ids(_ name: String?, of table: CSVTable) throws -> [String] {
    guard let name else { return (1...table.rows.count).map(String.init) }
    let column = try table.column(named: name)
    return table.rows.map { $0[column] }
  }
}
