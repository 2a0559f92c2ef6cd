public import DenseNets
import Foundation

extension TableSchema {
  /// The features of a table, whose columns may be in any order, with others among them.
  /// - Throws: `Failure(.invalidData)` where a column is absent, or a numeric one holds anything else than numbers of
  ///   magnitudes up to 1e100.
  public func features(of table: CSVTable) throws(Failure) -> FeatureTable {
    let absent = columns.map(\.name).filter { table.position(of: $0) == nil }
    guard absent.isEmpty else {
      let shown = absent.prefix(5).map { described($0, in: table) }.joined(separator: ", ")
      throw Failure(
        .invalidData,
        "\(table.source): expected the columns of \(source), found \(absent.count) of them missing: \(shown)\(absent.count > 5 ? ", …" : ""); add them"
      )
    }
    let reader = CellReader(table.format)
    var result: [FeatureTable.Column] = []
    for column in columns {
      let index = try table.column(named: column.name)
      let values: FeatureTable.Values
      switch column.kind {
      case .numeric: values = .numbers(try numbers(table, index, reader))
      case .categorical: values = .texts(table.rows.map { reader.category($0[index]) })
      case .boolean: values = .texts(table.rows.map { Self.truth($0[index], reader) })
      case .numberCategories: values = .texts(table.rows.map { Self.code($0[index], reader) })
      }
      result.append(FeatureTable.Column(name: column.name, values: values))
    }
    return FeatureTable(columns: result, rowCount: table.rows.count)
  }

  /// A column that a table lacks, with the name that it may have there.
  private func described(_ name: String, in table: CSVTable) -> String {
    if UnnamedColumn.isUnnamed(name) { return "the unnamed first column, as pandas writes its index" }
    let similar = table.header.first { Self.plain($0) == Self.plain(name) }
    return CSVTable.shown(name) + (similar.map { " (there is \"\(CSVTable.shown($0))\")" } ?? "")
  }

  private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

  private func numbers(_ table: CSVTable, _ index: Int, _ reader: CellReader) throws(Failure) -> [Double?] {
    var numbers: [Double?] = []
    numbers.reserveCapacity(table.rows.count)
    for (row, fields) in table.rows.enumerated() {
      switch reader.cell(fields[index]) {
      case .missing: numbers.append(nil)
      case .number(let number) where abs(number) <= FieldText.greatest: numbers.append(number)
      case .text(let text) where CellReader.truth(text) != nil: numbers.append(CellReader.truth(text)! ? 1 : 0)
      case .number, .text:
        let text = CellReader.trimmed(fields[index])
        let isWrittenOtherwise = if case .otherMarks? = NumberLook(text) { true } else { false }
        throw Failure(
          .invalidData,
          "\(table.place(row: row, column: index)): expected a number of at most 1e100, as in \(source), found \"\(printable(text, limit: 40))\"; correct it, leave the field empty, or \(isWrittenOtherwise ? "say how numbers are written" : "name it as a marker of missing values")",
          settings: isWrittenOtherwise ? ["decimal", "thousands"] : ["missing"])
      }
    }
    return numbers
  }

  /// `True` or `False`, for zeros and ones too; any other text unchanged.
  private static func truth(_ field: String, _ reader: CellReader) -> String? {
    switch reader.cell(field) {
    case .missing: return nil
    case .number(0): return "False"
    case .number(1): return "True"
    case .number: return CellReader.trimmed(field)
    case .text(let text): return CellReader.truth(text).map { $0 ? "True" : "False" } ?? text
    }
  }

  /// A number in its shortest form; any other text unchanged.
  private static func code(_ field: String, _ reader: CellReader) -> String? {
    switch reader.cell(field) {
    case .missing: return nil
    case .number(let number):
      return number == number.rounded() && abs(number) < 0x1p53 ? "\(Int(number))" : "\(number)"
    case .text(let text): return text
    }
  }
}

// MARK: Against the training table

extension TableSchema {
  /// What a person should know of a table to predict: categories that no training row has, columns without a value.
  /// - Parameters:
  ///   - features: of `table`.
  ///   - encoders: fitted to training rows, each row to at least one.
  public func remarks(on features: FeatureTable, of table: CSVTable, known encoders: [TableEncoder]) -> [Remark] {
    var known: [String: Set<String>] = [:]
    for column in encoders.flatMap(\.categorical) { known[column.name, default: []].formUnion(column.categories) }
    let remarks: [Remark] = features.columns.compactMap { column in
      let place = "\(table.source), column \"\(CSVTable.shown(column.name))\""
      switch column.values {
      case .numbers(let values):
        return values.allSatisfy { $0 == nil } && !values.isEmpty ? Self.empty(place) : nil
      case .texts(let values):
        let known = known[column.name] ?? []
        if values.allSatisfy({ $0 == nil }), !values.isEmpty, !known.isEmpty { return Self.empty(place) }
        return Self.unseen(values, known: known, place: place)
      }
    }
    return remarks + Self.clipped(features, encoders, source: table.source)
  }

  /// A line for each column of which more than one row in twenty is clipped, and one for the others.
  private static func clipped(_ features: FeatureTable, _ encoders: [TableEncoder], source: String) -> [Remark] {
    guard let limit = encoders.compactMap(\.limit).max(), encoders.allSatisfy({ $0.limit != nil }) else { return [] }
    var (remarks, few): ([Remark], [String]) = ([], [])
    for column in features.columns {
      guard case .numbers(let values) = column.values else { continue }
      let moments = encoders.compactMap { $0.numeric.first { $0.name == column.name && $0.deviation > 0 } }
      let ranges = moments.map { $0.mean - limit * $0.deviation...$0.mean + limit * $0.deviation }
      guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else { continue }
      let far = values.compactMap(\.self).filter { !(low...high).contains($0) }
      guard let farthest = far.max(by: { abs($0 - (low + high) / 2) < abs($1 - (low + high) / 2) }) else { continue }
      let name = "\"\(CSVTable.shown(column.name))\""
      if far.count * 20 <= values.count {
        few.append("\(name) (\(grouped(far.count)))")
        continue
      }
      remarks.append(
        Remark(
          "\(source), column \(name): \(grouped(far.count)) of \(grouped(values.count)) rows lie beyond \(shown(limit)) standard deviations of training's values (\(shown(low)) to \(shown(high))), the farthest \(shown(farthest)), and count as the nearest of these; check the column's unit"
        ))
    }
    guard !few.isEmpty else { return remarks }
    let more = few.count > 8 ? ", …" : ""
    return remarks + [
      Remark(
        "\(source): values beyond \(shown(limit)) standard deviations of training's count as the nearest within, in the columns \(few.prefix(8).joined(separator: ", "))\(more)"
      )
    ]
  }

  /// With four significant digits.
  private static func shown(_ number: Double) -> String { String(format: "%.4g", number) }

  private static func empty(_ place: String) -> Remark {
    Remark("\(place): every value is missing, and predictions are made without it; check the table")
  }

  private static func unseen(_ values: [String?], known: Set<String>, place: String) -> Remark? {
    let foreign = values.compactMap(\.self).filter { !known.contains($0) }
    if foreign.isEmpty { return nil }
    let byCase = Dictionary(known.map { ($0.lowercased(), $0) }, uniquingKeysWith: { min($0, $1) })
    let counts = Dictionary(grouping: foreign, by: \.self).mapValues(\.count)
    let order = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let examples = order.prefix(5).map { text, count in
      let similar = byCase[text.lowercased()] ?? Self.equalNumber(text, known)
      return "\"\(printable(text, limit: 40))\" (\(grouped(count)))"
        + (similar.map { ", which is \"\(printable($0, limit: 40))\" there" } ?? "")
    }
    let more = order.count > 5 ? ", … (\(grouped(order.count)) values)" : ""
    let share = Double(foreign.count) / Double(values.count) * 100
    let percent = share < 1 ? "less than 1%" : "\(Int(share.rounded()))%"
    return Remark(
      "\(place): \(grouped(foreign.count)) of \(grouped(values.count)) rows (\(percent)) hold values that no training row has, and count as missing: \(examples.joined(separator: ", "))\(more)"
    )
  }

  private static func equalNumber(_ text: String, _ known: Set<String>) -> String? {
    guard let number = FieldText.number(text) else { return nil }
    return known.sorted().first { FieldText.number($0) == number }
  }
}
