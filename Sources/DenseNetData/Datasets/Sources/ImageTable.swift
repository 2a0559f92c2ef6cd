package import DenseNets
import Foundation

/// A table of images: columns `path`, `label` and perhaps `split`, or those that are named instead; paths are relative
/// to the table's folder.
struct ImageTable {
  /// What a row is for.
  enum Part: Equatable {
    case train, validation, test

    init?(_ text: String) {
      guard let name = SplitName(text), name.rest.isEmpty else { return nil }
      switch name.part {
      case .training: self = .train
      case .validation: self = .validation
      case .test, .evaluation: self = .test
      case .unlabelled: return nil
      }
    }
  }

  let folder: String
  let images: [LabeledPath]
  /// One per row; nil where the table has no column `split`.
  let parts: [Part]?
  /// Where images have several labels.
  let labels: TableLabels?
  /// What is probably not meant.
  private(set) var warnings: [String] = []

  /// - Throws: `Failure` as ``CSVTable``, `usage` for columns that do not go together, and `invalidData` with the line
  ///   where a field is empty or no part.
  init(_ path: String, _ columns: TableColumns = TableColumns()) throws(Failure) {
    try columns.validate()
    let url = URL(fileURLWithPath: path)
    let table = try Self.table(url)
    folder = url.deletingLastPathComponent().path(percentEncoded: false)
    func column(_ name: String, _ setting: Failure.Setting) throws(Failure) -> Int {
      do { return try table.column(named: name) } catch {
        throw Failure(error.kind, "\(error); name the column", settings: [setting])
      }
    }
    let paths = try column(columns.pathName, "pathColumn")
    let labels = try Self.labels(table, columns)
    self.labels = labels
    let classes = labels == nil ? try column(columns.labelName, "labelColumn") : nil
    let groups = try columns.group.map { name throws(Failure) in try column(name, "groupColumn") }
    func text(_ row: Int, _ column: Int) throws(Failure) -> String {
      let text = table.rows[row][column].trimmingCharacters(in: .whitespaces)
      guard !text.isEmpty, column != groups || !FieldText.isMissing(text) else {
        throw Failure(
          .invalidData,
          "\(table.place(row: row, column: column)): expected a value, found \(text.isEmpty ? "none" : "\"\(text)\""); complete the line"
        )
      }
      return text
    }
    func values(_ column: Int) throws(Failure) -> [String] {
      let values = TableSpelling.plain(
        try table.rows.indices.map { row throws(Failure) in try text(row, column) })
      // Of classes, capitals are looked at later, for folders as well.
      let isGroup = column == groups
      if let (one, other) = TableSpelling.twins(Set(values).sorted(), ignoringCapitals: isGroup) {
        throw Failure(
          .invalidData,
          "\(path), column \"\(CSVTable.shown(table.header[column]))\": expected each value in one spelling, found \"\(printable(one, limit: 60))\" and \"\(printable(other, limit: 60))\"; write them alike, or give them different names"
        )
      }
      return values
    }
    let names = try classes.map { column throws(Failure) in try values(column) }
    let groupNames = try groups.map { column throws(Failure) in try values(column) }
    var images: [LabeledPath] = []
    for row in table.rows.indices {
      let file = try text(row, paths)
      let place = file.hasPrefix("/") ? file : joined(folder, file)
      try Self.requireOwnPath(file, place, table.place(row: row, column: paths))
      images.append(
        LabeledPath(
          path: place, name: file, label: names?[row] ?? "", values: labels?.rows[row], group: groupNames?[row]))
    }
    self.images = images
    let splits = table.header.firstIndex { CellReader.trimmed($0).lowercased() == "split" }
    if splits == nil { warnings += Self.unusedColumns(table, path, hasGroups: groups != nil) }
    if splits == nil, let name = Self.likePart(table, besides: Set([paths, classes, groups].compactMap(\.self))) {
      warnings.append(
        "\(path), column \"\(CSVTable.shown(name))\": it seems to name parts of the data and is not used; call it split to have it used"
      )
    }
    let doubts =
      names.map(TableSpelling.warnings(ofClasses:))
      ?? (columns.separator == nil ? [] : TableSpelling.warnings(ofLabels: labels?.names ?? []))
    warnings += doubts.map { "\(path): \($0)" }
    parts = try splits.map { column throws(Failure) in
      try table.rows.indices.map { row throws(Failure) in
        let value = try text(row, column)
        guard let part = Part(value) else {
          throw Failure(
            .invalidData, "\(table.place(row: row, column: column)): expected train, val or test, found \(value)")
        }
        return part
      }
    }
  }

  private static let partNames: Set<String> = ["isvalid", "isval", "istest", "istrain", "fold", "kfold", "cvfold"]
  private static let groupNames: Set<String> = [
    "patient", "patientid", "subject", "subjectid", "person", "personid", "case", "caseid", "study", "studyid",
    "studyinstanceuid", "lesion", "lesionid", "animalid", "individualid",
  ]

  /// Warnings about columns by whose usual names rows are split, where nothing splits by them.
  private static func unusedColumns(_ table: CSVTable, _ path: String, hasGroups: Bool) -> [String] {
    var result: [String] = []
    for (index, name) in table.header.enumerated() {
      let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
      if partNames.contains(plain) {
        result.append(
          "\(path), column \"\(CSVTable.shown(name))\": it seems to say which rows are held out, and is not used; write train, val or test into a column split to have it used"
        )
      } else if groupNames.contains(plain), !hasGroups {
        let values = Set(table.rows.map { $0[index] }).count
        if values < table.rows.count {
          result.append(
            "\(path), column \"\(CSVTable.shown(name))\": \(grouped(values)) values for \(grouped(table.rows.count)) rows, and images of one may be in training and in testing; name it as the column of groups"
          )
        }
      }
    }
    return result
  }

  /// A column whose every field names a part, that of training among others.
  private static func likePart(_ table: CSVTable, besides used: Set<Int>) -> String? {
    for column in table.header.indices where !used.contains(column) {
      var found: Set<String> = []
      let isPart = table.rows.allSatisfy { row in
        guard let part = Part(CellReader.trimmed(row[column])) else { return false }
        found.insert("\(part)")
        return true
      }
      if isPart, found.count > 1, found.contains("\(Part.train)") { return table.header[column] }
    }
    return nil
  }

  /// A table of images has several columns, so that a header of one shows that something else separates them.
  static func table(_ url: URL) throws(Failure) -> CSVTable {
    do { return try CSVTable(contentsOf: url) } catch {
      guard error.settings.contains("delimiter") else { throw error }
      for delimiter in [";", "\t", "|"] {
        var format = TableFormat()
        format.delimiter = delimiter
        if let table = try? CSVTable(contentsOf: url, format: format), table.header.count > 1 { return table }
      }
      throw error
    }
  }

  /// - Throws: `Failure(.invalidData)` for an address, or a path as a shell or Windows writes it, unless there is a file of
  ///   that very name.
  private static func requireOwnPath(_ text: String, _ path: String, _ place: String) throws(Failure) {
    if let scheme = text.firstRange(of: "://"), !text[..<scheme.lowerBound].isEmpty,
      text[..<scheme.lowerBound].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }), !fileExists(path)
    {
      let remedy =
        text[..<scheme.lowerBound].lowercased() == "file"
        ? "write the path alone" : "download the image, and write its path"
      throw Failure(
        .invalidData,
        "\(place): expected a path of this system, found the address \"\(printable(text, limit: 80))\"; \(remedy)")
    }
    if text.hasPrefix("~") || text.hasPrefix("$"), text.contains("/"), !fileExists(path) {
      throw Failure(
        .invalidData,
        "\(place): expected a path of this system, found \"\(printable(text, limit: 80))\", whose beginning only a shell replaces; write the whole path, or one relative to the table's folder"
      )
    }
    let start = Array(text.utf8.prefix(3))
    let isLetter = start.first.map { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") } ?? false
    let hasDrive = start.count == 3 && isLetter && start[1] == UInt8(ascii: ":") && "\\/".utf8.contains(start[2])
    guard hasDrive || text.contains("\\"), !fileExists(path) else { return }
    let remedy =
      hasDrive
      ? "make it relative to the table's folder, with / between its parts" : "write / for each of its backslashes"
    throw Failure(
      .invalidData,
      "\(place): expected a path of this system, found \"\(text)\", as Windows writes it; \(remedy)")
  }

  private static func labels(_ table: CSVTable, _ columns: TableColumns) throws(Failure) -> TableLabels? {
    do {
      if let names = columns.labels {
        return try TableLabels(table, columns: names, uncertain: columns.uncertain ?? .ignore)
      }
      guard let separator = columns.separator else { return nil }
      return try TableLabels(table, column: columns.labelName, separator: separator)
    } catch {
      guard error.settings.isEmpty, error.description.contains("there is no column") else { throw error }
      throw Failure(error.kind, error.description, settings: [columns.labels == nil ? "labelColumn" : "labelColumns"])
    }
  }
}

extension ImageFiles {
  /// Those that a table names for training, in its column `path`; labels are not looked at.
  /// - Throws: `Failure` as ``CSVTable``, and where the table has no such column.
  package init(table path: String) throws(Failure) {
    let url = URL(fileURLWithPath: path)
    let table = try ImageTable.table(url)
    let column = try table.column(named: TableColumns().pathName)
    let split = table.header.firstIndex { CellReader.trimmed($0).lowercased() == "split" }
    let rows = table.rows.filter { row in split.map { ImageTable.Part(CellReader.trimmed(row[$0])) == .train } ?? true }
    let folder = url.deletingLastPathComponent().path(percentEncoded: false)
    self.init(
      rows.map { row in
        let file = row[column].trimmingCharacters(in: .whitespaces)
        return file.hasPrefix("/") ? file : joined(folder, file)
      })
  }
}
