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
  let test: TabularRows?
  /// What a person should know of the columns.
  let notes: [Remark]
  /// What may be wrong with them.
  let warnings: [Remark]

  init(_ options: TabularOptions) throws {
    try options.format.validate()
    let train = try CSVTable(contentsOf: URL(fileURLWithPath: options.train), format: options.format)
    name = URL(fileURLWithPath: options.train).deletingPathExtension().lastPathComponent
    let columns = try TabularColumns(options, of: train)
    target = try TableTarget(options.target, of: train, logarithm: options.logTarget)
    idName = options.id ?? TabularRows.idName
    ids = try TabularRows.ids(options.id, of: train)
    schema = try TableSchema(of: train, without: columns.others, kinds: columns.kinds)
    features = try schema.features(of: train)
    folds = try Folds(rows: train.rows.count, count: options.folds, seed: options.seed)
    let whole = TableEncoder(fitting: features, rows: Array(0..<features.rowCount), limit: options.clip)
    featureCount = whole.featureCount
    try whole.requireSize(rows: features.rowCount, memory: MemoryRequirement.machineMemory(), source: train.source)
    let (columnsToFind, training) = (schema, TabularRows.Training(names: train.header, encoders: [whole]))
    test = try options.test.map { path in
      try TabularRows(
        path, options.format, schema: columnsToFind, id: options.id, target: options.target, training: training)
    }
    notes = schema.leftOut + (test?.notes ?? [])
    warnings = schema.remarks + (test?.warnings ?? [])
  }
}

/// The columns of a training table that options name, by the table's own spelling.
private struct TabularColumns {
  /// Those that are no features.
  let others: Set<String>
  let kinds: [String: TableSchema.Kind]

  init(_ options: TabularOptions, of table: CSVTable) throws {
    func names(_ wanted: [String]) throws -> [String] { try table.columns(named: wanted).map { table.header[$0] } }
    let target = try names([options.target])[0]
    let others = try names([options.id].compactMap(\.self) + options.dropped)
    guard !others.contains(target) else {
      throw Failure(
        .usage,
        "target: \"\(printable(options.target))\" is the column of identifiers or left out too; name another column",
        settings: ["target", "id", "dropped"])
    }
    let kinds: [(name: String, kind: TableSchema.Kind, setting: Failure.Setting)] =
      try names(options.categorical).map { ($0, .categorical, "categorical") }
      + names(options.numeric).map { ($0, .numeric, "numeric") }
    for (name, kind, setting) in kinds {
      let shown = "\"\(printable(name, limit: 60))\""
      guard name != target, !others.contains(name) else {
        throw Failure(
          .usage, "\(shown) is the target, identifies rows or is left out, and is no feature; leave one of both away",
          settings: [setting])
      }
      guard !kinds.contains(where: { $0.name == name && $0.kind != kind }) else {
        throw Failure(
          .usage, "\(shown): expected one kind of column, found both; leave one away",
          settings: ["categorical", "numeric"])
      }
    }
    self.others = Set(others + [target])
    self.kinds = Dictionary(kinds.map { ($0.name, $0.kind) }, uniquingKeysWith: { $1 })
  }
}

/// The rows of a table to predict.
struct TabularRows {
  /// What is known of the training table.
  struct Training {
    /// The names of its columns; nil where only those of its features are known.
    var names: [String]?
    var encoders: [TableEncoder]
  }

  /// What the column of identifiers is called where rows are counted.
  static let idName = "row"

  let features: FeatureTable
  let ids: [String]
  let notes: [Remark]
  let warnings: [Remark]

  init(
    _ path: String, _ format: TableFormat, schema: TableSchema, id: String?, target: String, training: Training
  ) throws {
    let table = try CSVTable(contentsOf: URL(fileURLWithPath: path), format: format)
    features = try schema.features(of: table)
    ids = try Self.ids(id, of: table)
    warnings = schema.remarks(on: features, of: table, known: training.encoders)
    let used = Set((training.names ?? schema.columns.map(\.name) + [id, target].compactMap(\.self)).map(Self.plain))
    let unknown = table.header.enumerated().filter { !used.contains(Self.plain($1)) }.map { index, name in
      TableSchema.described(name, at: index)
    }
    var notes: [Remark] = []
    if !unknown.isEmpty {
      let shown = unknown.prefix(8).joined(separator: ", ") + (unknown.count > 8 ? ", …" : "")
      notes.append(Remark("\(table.source): not used, since training did not use them: \(shown)"))
    }
    if table.header.map(Self.plain).contains(Self.plain(target)) {
      notes.append(
        Remark("\(table.source): its column \"\(printable(target, limit: 60))\" is to be predicted, and not used"))
    }
    self.notes = notes
  }

  private static func plain(_ name: String) -> String { name.trimmingCharacters(in: .whitespaces) }

  static func ids(_ name: String?, of table: CSVTable) throws -> [String] {
    guard let name else { return (1...table.rows.count).map(String.init) }
    let column = try table.column(named: name)
    return table.rows.map { $0[column] }
  }
}
