import DenseNets

/// Columns without a name: pandas writes a table's index as one, and calls it `Unnamed: 0` when it reads it again.
enum UnnamedColumn {
  /// Whether a name says that the column has none.
  static func isUnnamed(_ name: String) -> Bool {
    let name = CellReader.trimmed(name)
    return name.isEmpty || index(in: name) != nil
  }

  /// The place in `Unnamed: 3`, and in `Unnamed: 3.1`, which is its second one; nil for other names.
  static func index(in name: String) -> Int? {
    guard name.hasPrefix("Unnamed: ") else { return nil }
    let numbers = name.dropFirst("Unnamed: ".count).split(separator: ".", omittingEmptySubsequences: false)
    return numbers.allSatisfy { UInt32($0) != nil } ? numbers.first.flatMap { Int($0) } : nil
  }

  /// What messages call a column without a name.
  static func description(_ name: String, at index: Int) -> String {
    let place = index == 0 ? "first column" : "column \(index + 1)"
    let isEmpty = CellReader.trimmed(name).isEmpty
    return "an unnamed \(place)\(isEmpty ? "" : " (\"\(CSVTable.shown(name))\")")"
  }

  /// What is said of a column without a name that is left out, as its values only tell rows apart.
  /// - Throws: `Failure(.invalidData)` where it may be a feature whose name is missing.
  static func leftOut(_ content: ColumnContent) throws(Failure) -> TableRemark {
    let (table, index) = (content.table, content.index)
    let description = description(content.name, at: index)
    let values = Set(table.rows.map { $0[index] })
    guard values.count == table.rows.count else {
      let examples = values.sorted().prefix(2).map { "\"\(printable($0, limit: 20))\"" }.joined(separator: ", ")
      throw Failure(
        .invalidData,
        "\(table.source): \(description) holds values such as \(examples); give it a name in the header, or leave it out as \"Unnamed: \(index)\"",
        settings: ["dropped"])
    }
    return TableRemark(
      "\(table.source): left out \(description), as pandas writes its index; leave it out as \"Unnamed: \(index)\" to say so, or let it identify the rows",
      settings: ["dropped", "id"])
  }
}

extension TableSchema {
  /// A column's name for messages, its place where it has none.
  package static func described(_ name: String, at index: Int) -> String {
    UnnamedColumn.isUnnamed(name)
      ? UnnamedColumn.description(name, at: index) + (index == 0 ? ", as pandas writes its index" : "")
      : CSVTable.shown(name)
  }
}
