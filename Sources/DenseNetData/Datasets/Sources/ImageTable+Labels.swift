import DenseNets
import Foundation

/// What a table says of several labels per image.
struct TableLabels {
  var names: [String]
  /// `[rows]`: a value for each name, as in ``LabelMatrix``.
  var rows: [[Int8]] = []
  /// Fields of −1, and fields that say nothing.
  var uncertain = 0
  var unknown = 0
  /// Of one column, fields without a label or the word for none.
  var blank = 0

  /// Columns of 0 and 1.
  /// - Throws: `Failure(.invalidData)` with the place where a column is missing or a field says anything else.
  init(_ table: CSVTable, columns names: [String], uncertain policy: TableColumns.Uncertain) throws(Failure) {
    self.names = names
    let columns = try names.map { name throws(Failure) in try table.column(named: name) }
    rows.reserveCapacity(table.rows.count)
    for (row, fields) in table.rows.enumerated() {
      var values: [Int8] = []
      for column in columns {
        guard let value = Self.value(fields[column].trimmingCharacters(in: .whitespaces)) else {
          throw Failure(
            .invalidData,
            "\(table.place(row: row, column: column)): expected 0 or 1, -1 for an uncertain label or nothing for an unknown one, found \"\(fields[column].prefix(40))\"; correct it, or leave the column out of the labels"
          )
        }
        switch value {
        case .some(-1):
          uncertain += 1
          values.append(policy == .ignore ? LabelMatrix.unknown : policy == .one ? 1 : 0)
        case .some(let known): values.append(known)
        case nil:
          unknown += 1
          values.append(LabelMatrix.unknown)
        }
      }
      rows.append(values)
    }
  }

  /// One column with a separator between labels. A field without any, or with `No Finding`, has none.
  /// - Throws: `Failure(.invalidData)` with the place where `No Finding` stands beside a label, or there are no labels.
  init(_ table: CSVTable, column name: String, separator: String) throws(Failure) {
    let column = try table.column(named: name)
    var sets: [Set<String>] = []
    for (row, fields) in table.rows.enumerated() {
      let field = fields[column]
      let parts =
        FieldText.isMissing(field.trimmingCharacters(in: .whitespaces)) ? [] : field.split(separator: separator)
      if parts.isEmpty { blank += 1 }
      let labels = Set(parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty })
      let found = labels.filter { $0.lowercased() != Self.none }
      guard found.isEmpty || found.count == labels.count else {
        throw Failure(
          .invalidData,
          "\(table.place(row: row, column: column)): expected labels or \"No Finding\", found both: \"\(field.prefix(60))\"; correct it"
        )
      }
      sets.append(found)
    }
    names = Set(sets.joined()).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !names.isEmpty else {
      throw Failure(
        .invalidData,
        "\(table.source), column \"\(name)\": expected labels, found none in any row; name another column",
        settings: ["labelColumn"])
    }
    try Self.requireSeparator(separator, names, sets, table, column)
    var spellings: [String: String] = [:]
    for name in names {
      if let other = spellings.updateValue(name, forKey: name.lowercased()) {
        throw Failure(
          .invalidData,
          "\(table.source): the labels \(other) and \(name) differ only in capitals; merge them or rename one")
      }
    }
    rows = sets.map { labels in names.map { labels.contains($0) ? LabelMatrix.present : LabelMatrix.absent } }
  }

  /// - Throws: `Failure(.invalidData)` where no field has the separator, and some have another one.
  private static func requireSeparator(
    _ separator: String, _ names: [String], _ sets: [Set<String>], _ table: CSVTable, _ column: Int
  ) throws(Failure) {
    guard sets.allSatisfy({ $0.count < 2 }) else { return }
    func failure(_ name: String, _ remedy: String) -> Failure {
      let row = sets.firstIndex { $0.contains(name) }!
      return Failure(
        .invalidData,
        "\(table.place(row: row, column: column)): expected labels with \"\(printable(separator))\" between them, found \"\(printable(name, limit: 60))\"; \(remedy)",
        settings: ["labelSeparator"])
    }
    if let list = names.first(where: TableSpelling.isList) {
      throw failure(list, "write lists without brackets and quotes, and name what separates them")
    }
    if let (joined, mark) = TableSpelling.joined(Set(names), marks: "|;,/&+") {
      throw failure(joined, "name \"\(mark)\" as what separates them")
    }
  }

  /// NIH's word for an image without any label.
  private static let none = "no finding"

  /// 1, 0 or −1, as numbers or as pandas writes truth values; `.some(nil)` where the field says nothing; nil for any
  /// other text.
  private static func value(_ text: String) -> Int8?? {
    if FieldText.isMissing(text) { return .some(nil) }
    switch text.lowercased() {
    case "true": return 1
    case "false": return 0
    default:
      guard let number = FieldText.number(text), [1, 0, -1].contains(number) else { return nil }
      return Int8(number)
    }
  }
}
