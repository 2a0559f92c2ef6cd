import DenseNetData
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

  init(_ options: TabularOptions) throws {
    let train = try CSVTable(contentsOf: URL(fileURLWithPath: options.train))
    name = URL(fileURLWithPath: options.train).deletingPathExtension().lastPathComponent
    target = try TableTarget(options.target, of: train, logarithm: options.logTarget)
    if options.id == options.target || options.dropped.contains(options.target) {
      throw Failure(
        .usage, "target: \"\(options.target)\" is the column of identifiers or left out too; name another column",
        settings: ["target", "id", "dropped"])
    }
    ids = try Self.ids(options.id, of: train)
    for column in options.dropped { _ = try train.column(named: column) }
    schema = try TableSchema(
      of: train, without: Set([options.target] + [options.id].compactMap { $0 } + options.dropped))
    features = try schema.features(of: train)
    folds = try Folds(rows: train.rows.count, count: options.folds, seed: options.seed)
    idName = options.id ?? "row"
    let whole = TableEncoder(fitting: features, rows: Array(0..<features.rowCount))
    featureCount = whole.featureCount
    try whole.requireSize(rows: features.rowCount, memory: MemoryRequirement.machineMemory(), source: train.source)
    var notes = schema.dropped.map { "left out \"\($0.name)\": \($0.reason)" }
    if let path = options.test {
      let table = try CSVTable(contentsOf: URL(fileURLWithPath: path))
      test = (try schema.features(of: table), try Self.ids(options.id, of: table))
      let unknown = table.header.filter { !train.header.contains($0) }
      if !unknown.isEmpty {
        notes.append(
          "\(table.source): not used, since they are not in \(train.source): \(unknown.joined(separator: ", "))")
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
