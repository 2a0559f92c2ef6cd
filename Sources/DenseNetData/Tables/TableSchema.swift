public import DenseNets

/// Which columns of a training table are features, and of which kind.
public struct TableSchema: Sendable, Equatable, Codable {
  public enum Kind: String, Sendable, Codable {
    /// Every value is a number or missing.
    case numeric
    /// Texts; numbers too where there are both.
    case categorical
  }

  public struct Column: Sendable, Equatable, Codable {
    public let name: String
    public let kind: Kind
  }

  /// A column that tells no row from another.
  public struct Dropped: Sendable, Equatable, Codable {
    public let name: String
    /// Why, as part of a sentence: `every value is missing`.
    public let reason: String

    package init(name: String, reason: String) { (self.name, self.reason) = (name, reason) }
  }

  /// The features, in the order of the table.
  public let columns: [Column]
  public let dropped: [Dropped]
  /// The table's name for messages.
  public let source: String

  /// Looks at every column except `others`. Columns without a value, and those with the same one in every row, are
  /// dropped; so are numbers that are the same wherever they are not missing.
  /// - Parameter others: names of columns that are not features: the target, the rows' identifiers.
  /// - Throws: `Failure(.invalidData)` where no feature is left.
  public init(of table: CSVTable, without others: Set<String>) throws(Failure) {
    var columns: [Column] = []
    var dropped: [Dropped] = []
    for (index, name) in table.header.enumerated() where !others.contains(name) {
      let texts = table.rows.map { $0[index] }
      let present = texts.filter { !FieldText.isMissing($0) }
      let kind: Kind = present.allSatisfy { FieldText.number($0) != nil } ? .numeric : .categorical
      if let reason = Self.reasonToDrop(present, of: texts.count, kind: kind) {
        dropped.append(Dropped(name: name, reason: reason))
      } else {
        columns.append(Column(name: name, kind: kind))
      }
    }
    guard !columns.isEmpty else {
      throw Failure(
        .invalidData,
        "\(table.source): expected columns to learn from, found none with two different values; name another table")
    }
    (self.columns, self.dropped, source) = (columns, dropped, table.source)
  }

  private static func reasonToDrop(_ present: [String], of rows: Int, kind: Kind) -> String? {
    guard let first = present.first else { return "every value is missing" }
    switch kind {
    case .numeric:
      let number = FieldText.number(first)
      return present.allSatisfy { FieldText.number($0) == number } ? "every number is \(first)" : nil
    case .categorical:
      return present.count == rows && present.allSatisfy { $0 == first } ? "every value is \"\(first)\"" : nil
    }
  }

  /// The features of a table, whose columns may be in any order, with others among them.
  /// - Throws: `Failure(.invalidData)` where a column is absent, or a numeric one holds anything else than numbers of
  ///   magnitudes up to 1e100.
  public func features(of table: CSVTable) throws(Failure) -> FeatureTable {
    let absent = columns.map(\.name).filter { !table.header.contains($0) }
    guard absent.isEmpty else {
      let shown = absent.prefix(5).joined(separator: ", ") + (absent.count > 5 ? ", …" : "")
      throw Failure(
        .invalidData,
        "\(table.source): expected the columns of \(source), found \(absent.count) of them missing: \(shown); add them")
    }
    var result: [FeatureTable.Column] = []
    for column in columns {
      let index = try table.column(named: column.name)
      switch column.kind {
      case .numeric:
        result.append(FeatureTable.Column(name: column.name, values: .numbers(try numbers(table, index))))
      case .categorical:
        let texts = table.rows.map { FieldText.isMissing($0[index]) ? nil : $0[index] }
        result.append(FeatureTable.Column(name: column.name, values: .texts(texts)))
      }
    }
    return FeatureTable(columns: result, rowCount: table.rows.count)
  }

  private func numbers(_ table: CSVTable, _ index: Int) throws(Failure) -> [Double?] {
    var numbers: [Double?] = []
    numbers.reserveCapacity(table.rows.count)
    for (row, fields) in table.rows.enumerated() {
      let text = fields[index]
      if FieldText.isMissing(text) {
        numbers.append(nil)
      } else if let number = FieldText.number(text), abs(number) <= FieldText.greatest {
        numbers.append(number)
      } else {
        throw Failure(
          .invalidData,
          "\(table.place(row: row, column: index)): expected a number of at most 1e100, as in \(source), found \"\(text.prefix(40))\"; correct it, or leave the field empty"
        )
      }
    }
    return numbers
  }
}

/// The features of a table's rows, as numbers and texts.
public struct FeatureTable: Sendable, Equatable {
  public enum Values: Sendable, Equatable {
    /// Nil: missing.
    case numbers([Double?])
    case texts([String?])
  }

  public struct Column: Sendable, Equatable {
    public let name: String
    public let values: Values
  }

  public let columns: [Column]
  public let rowCount: Int
}
