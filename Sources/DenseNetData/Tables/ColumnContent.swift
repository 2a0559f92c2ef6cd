import DenseNets

/// What a column of a training table holds, for telling numbers from categories.
struct ColumnContent {
  /// A field that is no number, and its row.
  struct Text {
    let row: Int
    let text: String
  }

  let table: CSVTable
  let index: Int
  let cells: [Cell]
  /// Fields that are not missing.
  private(set) var present = 0
  /// Of these, numbers, and truth values that are words.
  private(set) var numbers = 0
  private(set) var truths = 0
  /// Of the other texts, those that look like numbers.
  private(set) var looksLikeNumbers = 0
  private(set) var firstText: Text?
  /// How many fields hold each text that is no number.
  private(set) var texts: [String: Int] = [:]
  private(set) var distinctNumbers: Set<Double> = []
  private var units: [String: Set<String>] = [:]
  private var unitCount = 0

  var name: String { table.header[index] }

  init(_ table: CSVTable, _ index: Int, _ reader: CellReader) {
    (self.table, self.index) = (table, index)
    cells = table.rows.map { reader.cell($0[index]) }
    for (row, cell) in cells.enumerated() {
      switch cell {
      case .missing: continue
      case .number(let number):
        numbers += 1
        distinctNumbers.insert(number)
      case .text(let text):
        if CellReader.truth(text) != nil { truths += 1 }
        if firstText == nil { firstText = Text(row: row, text: text) }
        texts[text, default: 0] += 1
      }
      present += 1
    }
    guard firstText != nil else { return }
    for (text, count) in texts {
      switch NumberLook(text) {
      case nil: continue
      case .unit(let unit)?:
        unitCount += count
        units[unit, default: []].insert(text)
      default: looksLikeNumbers += count
      }
    }
  }

  /// Why the column is left out, as part of a sentence; nil for a column that tells rows apart.
  var reasonToDrop: String? {
    guard present > 0 else { return "every value is missing" }
    if numbers == present, distinctNumbers.count == 1 {
      return "every number is \(CellReader.trimmed(table.rows[firstPresent][index]))"
    }
    guard numbers == 0, texts.count == 1 || truths == present && isOneTruth, present == cells.count else { return nil }
    return "every value is \"\(printable(firstText!.text, limit: 40))\""
  }

  private var firstPresent: Int { cells.firstIndex { $0 != .missing }! }
  private var isOneTruth: Bool { Set(texts.keys.map(CellReader.truth)).count == 1 }

  /// The kind that the fields have.
  /// - Throws: `Failure(.invalidData)` where they are almost all numbers: the others would make categories of them.
  func kind() throws(Failure) -> TableSchema.Kind {
    guard firstText != nil else { return .numeric }
    if truths == present { return .boolean }
    if isNumericWithTruths { return .numeric }
    if isAlmostNumeric { throw failure(at: firstText!) }
    return .categorical
  }

  /// The kind as the caller says it.
  /// - Throws: `Failure(.invalidData)` where numbers are wanted and a field holds something else.
  func kind(as wanted: TableSchema.Kind) throws(Failure) -> TableSchema.Kind {
    switch wanted {
    case .numeric:
      // Truth values alone, or with zeros and ones, are numbers too.
      guard let firstText, !isNumericWithTruths else { return .numeric }
      throw failure(at: cells.indices.lazy.compactMap(otherText).first ?? firstText)
    default:
      if present > 0, truths == present { return .boolean }
      return numbers == present ? .numberCategories : .categorical
    }
  }

  private func otherText(_ row: Int) -> Text? {
    guard case .text(let text) = cells[row], CellReader.truth(text) == nil else { return nil }
    return Text(row: row, text: text)
  }

  /// Zeros, ones and truth values.
  private var isNumericWithTruths: Bool {
    truths + numbers == present && distinctNumbers.allSatisfy { $0 == 0 || $0 == 1 }
  }

  /// Four of five fields, or half of them where a few texts, such as `?`, stand among many numbers.
  private var isAlmostNumeric: Bool {
    let share = Double(numbers + looksLikeNumbers) / Double(max(present, 1))
    return share >= 0.8 || share >= 0.5 && texts.count <= 3 && distinctNumbers.count >= 10
  }

  private func failure(at first: Text) -> Failure {
    let others = texts.keys.filter { $0 != first.text }.sorted().prefix(3).map { "\"\(printable($0, limit: 20))\"" }
    let more = others.isEmpty ? "" : "; others are \(others.joined(separator: ", "))"
    let place = table.place(row: first.row, column: index)
    let share =
      looksLikeNumbers <= numbers
      ? "\(grouped(numbers)) of \(grouped(present)) values are"
      : "\(grouped(numbers + looksLikeNumbers)) of \(grouped(present)) values seem to be"
    let found = "expected a number, as \(share), found \"\(printable(first.text, limit: 40))\""
    let remedy: String
    var settings: [Failure.Setting] = []
    switch NumberLook(first.text) {
    case .otherMarks?:
      remedy = "; say how numbers are written if it is one, else correct it or take the column for categories"
      settings = ["decimal", "thousands"]
    case .otherSigns?, .unit?:
      remedy = "\(more); write it as a plain number, or take the column for categories"
    case nil:
      remedy = "\(more); correct it, name it as a marker of missing values, or take the column for categories"
      settings = ["missing"]
    }
    return Failure(.invalidData, "\(place): \(found)\(remedy)", settings: settings + ["categorical"])
  }
}

// MARK: Remarks

extension ColumnContent {
  /// What a person should know of the column when it is learnt from as of that kind.
  func remarks(_ kind: TableSchema.Kind) -> [Remark] {
    switch kind {
    case .numeric: [countsRows ? counterRemark : nil, codeRemark, sentinelRemark, dayRemark].compactMap(\.self)
    case .boolean, .numberCategories: []
    case .categorical: [mixedRemark, unitRemark, caseRemark, dateRemark ?? variedRemark].compactMap(\.self)
    }
  }

  private var shownName: String { "\(table.source), column \"\(CSVTable.shown(name))\"" }

  /// Whether numbers only tell rows apart: consecutive whole ones in any order, or different ones of a column that is
  /// called an identifier.
  private var countsRows: Bool {
    guard cells.count > 2, numbers == cells.count, distinctNumbers.count == cells.count,
      distinctNumbers.allSatisfy({ $0 == $0.rounded() && abs($0) < 0x1p52 })
    else { return false }
    let name = CellReader.trimmed(name)
    if distinctNumbers.max()! - distinctNumbers.min()! == Double(cells.count - 1) {
      return !name.lowercased().contains("year")
    }
    return ["id", "index", "uuid", "key"].contains(name.lowercased())
      || ["_id", "Id", "ID", " id", "-id"].contains { name.hasSuffix($0) }
  }

  private var counterRemark: Remark {
    Remark(
      "\(shownName): its numbers only count or identify the rows; let it identify them, or leave it out, unless it says something of the target",
      settings: ["id", "dropped"])
  }

  private var mixedRemark: Remark? {
    guard numbers > 0, distinctNumbers.contains(where: \.isFinite), let firstText else { return nil }
    return Remark(
      "\(shownName): \(grouped(numbers)) of \(grouped(present)) values are numbers, but line \(table.lines[firstText.row]) holds \"\(printable(firstText.text, limit: 40))\"; every value counts as a category; name markers of missing values, or say that they are categories",
      settings: ["missing", "categorical"])
  }

  private var unitRemark: Remark? {
    guard let (unit, examples) = units.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }),
      examples.count > 2, unitCount * 5 >= present * 4
    else { return nil }
    return Remark(
      "\(shownName): values such as \"\(printable(examples.min()!, limit: 40))\" count as categories; write them without \"\(printable(unit))\" if they are quantities"
    )
  }

  private var caseRemark: Remark? {
    let groups = Dictionary(grouping: texts.keys) { $0.lowercased() }.values.filter { $0.count > 1 }.map { $0.sorted() }
    guard let first = groups.min(by: { $0[0] < $1[0] }) else { return nil }
    return Remark(
      "\(shownName): \"\(printable(first[0], limit: 40))\" and \"\(printable(first[1], limit: 40))\" differ in case only, and count as two categories; write them the same way if they are one"
    )
  }

  /// Numbers with zeros before them, such as postal codes.
  private var codeRemark: Remark? {
    let code = table.rows.lazy.map { CellReader.trimmed($0[index]) }.first { text in
      text.count > 1 && text.first == "0" && text.allSatisfy { $0.isASCII && $0.isNumber }
    }
    guard let code else { return nil }
    return Remark(
      "\(shownName): values such as \"\(printable(code, limit: 40))\" count as numbers, without their zeros; say that they are categories if they are codes",
      settings: ["categorical"])
  }

  /// Numbers that are far from all others, as some tables write missing ones.
  private var sentinelRemark: Remark? {
    for sentinel in [-999.0, -9999, -99999, 99999, 999999] where distinctNumbers.contains(sentinel) {
      let others = distinctNumbers.subtracting([sentinel]).map(abs)
      let times = cells.count { $0 == .number(sentinel) }
      guard times > 1, let largest = others.max(), largest < abs(sentinel) / 2 else { continue }
      return Remark(
        "\(shownName): \(grouped(times)) values are \(Int(sentinel)), far from all others, and count as quantities; name it as a marker of missing values if they are unknown",
        settings: ["missing"])
    }
    return nil
  }

  /// Days written as one number, such as 20240131.
  private var dayRemark: Remark? {
    guard let first = distinctNumbers.min(), distinctNumbers.count > 1,
      distinctNumbers.allSatisfy({ number in
        guard number == number.rounded(), (19_000_101...21_001_231).contains(number) else { return false }
        let (month, day) = (Int(number) / 100 % 100, Int(number) % 100)
        return (1...12).contains(month) && (1...31).contains(day)
      })
    else { return nil }
    return Remark(
      "\(shownName): days such as \(Int(first)) count as one number, in which the months do not follow each other evenly; write the days since some day, or leave it out",
      settings: ["dropped"])
  }

  private var dateRemark: Remark? {
    let dates = texts.filter { Self.isDate($0.key) }
    guard let example = dates.keys.min(), dates.values.reduce(0, +) * 5 >= present * 4 else { return nil }
    return Remark(
      "\(shownName): dates such as \"\(printable(example, limit: 40))\" count as categories, and new rows will have others; write a number instead, such as the year or the days since some day, or leave it out",
      settings: ["dropped"])
  }

  /// Whether a text begins with a day in figures: `2024-01-31`, `31.1.2024`, `1/31/24`, perhaps with a time behind it.
  private static func isDate(_ text: String) -> Bool {
    let day = text.split(whereSeparator: { $0 == " " || $0 == "T" }).first ?? ""
    for mark in "-/." {
      let parts = day.split(separator: mark, omittingEmptySubsequences: false)
      guard parts.count == 3, parts.allSatisfy({ $0.allSatisfy(\.isNumber) && (1...4).contains($0.count) }) else {
        continue
      }
      let numbers = parts.compactMap { Int($0) }
      let year = parts[0].count == 4 ? 0 : 2
      guard numbers.count == 3, parts[year].count == 4 || parts[year].count == 2, parts[1].count <= 2 else { continue }
      let rest = [numbers[1], numbers[2 - year]]
      if rest.allSatisfy({ (1...31).contains($0) }), rest.min()! <= 12 { return true }
    }
    return false
  }

  private var variedRemark: Remark? {
    guard present >= 20, texts.count * 2 > present else { return nil }
    return Remark(
      "\(shownName): \(grouped(texts.count)) different texts in \(grouped(present)) rows, each of them a category; leave it out if they are names, dates or identifiers",
      settings: ["dropped", "id"])
  }
}
