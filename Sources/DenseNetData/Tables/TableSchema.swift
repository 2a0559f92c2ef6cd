public import DenseNets

/// Which columns of a training table are features, and of which kind.
public struct TableSchema: Sendable, Equatable {
  public enum Kind: String, Sendable, Codable {
    /// Every value is a number or missing.
    case numeric
    /// Texts; numbers too where there are both.
    case categorical
    /// The words true and false, as categories.
    case boolean
    /// Numbers that are names, such as codes: `20` and `20.0` are one category.
    case numberCategories = "number_categories"
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
  /// What may be wrong with the columns, before a network learns from them.
  public let remarks: [TableRemark]
  /// What was left out, and why: a line for each of ``dropped``.
  public let leftOut: [TableRemark]

  /// Looks at every column except `others`. Columns without a value, and those with the same one in every row, are
  /// dropped; so are numbers that are the same wherever they are not missing, and columns without a name that tell all
  /// rows apart, as pandas writes its index.
  /// - Parameters:
  ///   - others: names of columns that are not features: the target, the rows' identifiers.
  ///   - kinds: of columns whose values do not tell; `numeric` or `categorical`.
  /// - Throws: `Failure(.invalidData)` where no feature is left, where a column's values are almost all numbers, or where
  ///   a column without a name is no index.
  public init(
    of table: CSVTable, without others: Set<String>, kinds: [String: Kind] = [:]
  ) throws(Failure) {
    var columns: [Column] = []
    var dropped: [Dropped] = []
    var remarks: [TableRemark] = []
    var leftOut: [TableRemark] = []
    let reader = CellReader(table.format)
    for (index, name) in table.header.enumerated() where !others.contains(name) {
      let content = ColumnContent(table, index, reader)
      if content.present > 0, UnnamedColumn.isUnnamed(name) {
        leftOut.append(try UnnamedColumn.leftOut(content))
        dropped.append(Dropped(name: name, reason: "unnamed, as pandas writes its index"))
      } else if let reason = content.reasonToDrop {
        dropped.append(Dropped(name: name, reason: reason))
        let shown = UnnamedColumn.isUnnamed(name) ? Self.described(name, at: index) : "\"\(CSVTable.shown(name))\""
        leftOut.append(TableRemark("left out \(shown): \(reason)"))
      } else {
        let kind = if let wanted = kinds[name] { try content.kind(as: wanted) } else { try content.kind() }
        columns.append(Column(name: name, kind: kind))
        if kinds[name] == nil { remarks += content.remarks(kind) }
      }
    }
    guard !columns.isEmpty else {
      throw Failure(
        .invalidData,
        "\(table.source): expected columns to learn from, found none with two different values; name another table")
    }
    (self.columns, self.dropped, source) = (columns, dropped, table.source)
    (self.remarks, self.leftOut) = (remarks, leftOut)
  }

  /// A schema that was kept.
  package init(columns: [Column], source: String) {
    (self.columns, self.source, dropped, remarks, leftOut) = (columns, source, [], [], [])
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
