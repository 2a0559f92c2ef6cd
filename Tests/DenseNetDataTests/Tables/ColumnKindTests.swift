import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// A table of 20 rows with a column `x`, in which some fields are replaced, beside a text column.
private func table(_ changes: [Int: String], of field: (Int) -> String = { "\($0 * 7 % 100)" }) throws -> CSVTable {
  let rows = (0..<20).map { "\(quoted(changes[$0] ?? field($0))),\($0 % 3 == 0 ? "a" : "b")" }
  return try CSVTable(bytes: Array(("x,k\n" + rows.joined(separator: "\n")).utf8), source: "t.csv")
}

private func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "\"\""))\"" }

private func parsed(_ text: String, delimiter: String? = nil) throws -> CSVTable {
  var format = TableFormat()
  format.delimiter = delimiter
  return try CSVTable(bytes: Array(text.utf8), source: "t.csv", format: format)
}

@Suite struct ColumnKindTests {
  /// A few texts among numbers are no categories: before, one of them changed the whole column in silence.
  @Test(
    arguments: [
      ("?", ["missing", "categorical"]), ("-", ["missing", "categorical"]), ("n.a.", ["missing", "categorical"]),
      ("x", ["missing", "categorical"]), ("12:30", ["missing", "categorical"]),
      ("1,234", ["decimal", "thousands", "categorical"]), ("3,5", ["decimal", "thousands", "categorical"]),
      ("3.5.", ["decimal", "thousands", "categorical"]), ("1'000", ["decimal", "thousands", "categorical"]),
      ("1 000", ["decimal", "thousands", "categorical"]),
      ("12 %", ["categorical"]), ("$5", ["categorical"]), ("€ 1.200", ["categorical"]), ("0x1F", ["categorical"]),
      ("１２", ["categorical"]), ("(12)", ["categorical"]), ("12 km", ["categorical"]),
    ] as [(String, [Failure.Setting])])
  func namesWhatIsNoNumber(_ text: String, _ settings: [Failure.Setting]) async throws {
    for places in [[3], [3, 5, 8, 19]] {
      let read = try table(Dictionary(uniqueKeysWithValues: places.map { ($0, text) }))
      let share = "as \(20 - places.count) of 20 values are"
      await expectFailure(
        .invalidData, mentions: ["t.csv, line 5, column \"x\"", share, "\"\(text)\""], settings: settings
      ) {
        try TableSchema(of: read, without: [])
      }
    }
  }

  /// A whole column of numbers in another notation is no column of categories either.
  @Test(arguments: ["1,%", "%,5", "%.000,00", "$%", "% %%", "0x%", "%\u{20AC}"])
  func namesNumbersOfAnotherNotation(_ pattern: String) async throws {
    let read = try table([:]) { pattern.replacing("%", with: "\(100 + $0)", maxReplacements: 1) }
    await expectFailure(.invalidData, mentions: ["t.csv, line 2, column \"x\"", "as 20 of 20 values seem to be"]) {
      try TableSchema(of: read, without: [])
    }
  }

  /// Days are categories that no new row has.
  @Test(arguments: [
    "2024-01-%", "2024/1/%", "%.1.2024", "1/%/2024", "1/%/24", "2024-01-% 10:30:00", "2024-01-%T10:30:00Z", "%-01-2024",
  ])
  func namesDates(_ pattern: String) throws {
    let read = try table([3: ""]) { pattern.replacing("%", with: "\(10 + $0 % 9)") }
    let schema = try TableSchema(of: read, without: [])
    #expect(schema.columns[0].kind == .categorical)
    #expect(schema.remarks.count == 1 && schema.remarks[0].text.contains("dates such as"), "\(schema.remarks)")
    #expect(schema.remarks.first?.settings == ["dropped"])
  }

  @Test(arguments: ["%-2-99", "2024-13-4%", "1.%.2.3", "20%-2024-1", "2024-01", "%/4"])
  func otherFiguresAreNoDates(_ pattern: String) throws {
    let read = try table([:]) { pattern.replacing("%", with: "\(40 + $0 % 9)") }
    let remarks = try TableSchema(of: read, without: []).remarks
    #expect(!remarks.contains { $0.text.contains("dates") }, "\(remarks)")
  }

  /// Postal codes lose their zeros.
  @Test func namesCodesWithZerosBeforeThem() throws {
    let read = try table([3: "01067", 4: "00501"])
    let schema = try TableSchema(of: read, without: [])
    #expect(schema.columns[0].kind == .numeric)
    #expect(schema.remarks.count == 1 && schema.remarks[0].settings == ["categorical"], "\(schema.remarks)")
    #expect(schema.remarks.first?.text.contains("\"01067\" count as numbers, without their zeros") == true)
    for plain in ["0", "0.5", "-0.25", "0e1", "10"] {
      #expect(try TableSchema(of: try table([3: plain]), without: []).remarks == [], "\(plain)")
    }
    #expect(try TableSchema(of: read, without: [], kinds: ["x": .categorical]).remarks == [])
  }

  /// Numbers that stand for missing ones, far from all others.
  @Test(arguments: [("-999", true), ("-9999", true), ("99999", true), ("-99", false), ("1000", false)])
  func namesSentinels(_ text: String, isNamed: Bool) throws {
    let remarks = try TableSchema(of: try table([3: text, 9: text]), without: []).remarks
    #expect(remarks.map(\.settings) == (isNamed ? [["missing"]] : []), "\(remarks)")
    #expect(try TableSchema(of: try table([3: text]), without: []).remarks == [])
  }

  @Test func namesDaysWrittenAsOneNumber() throws {
    let days = try TableSchema(of: try table([:]) { "202401\(10 + $0 % 9)" }, without: []).remarks
    #expect(days.count == 1 && days[0].text.contains("days such as 20240110"), "\(days)")
    #expect(try TableSchema(of: try table([:]) { "202413\(10 + $0 % 9)" }, without: []).remarks == [])
  }

  @Test(arguments: [
    (([0x1f, 0x8b, 8, 0] as [UInt8]), "a gzip file; unpack it"),
    (Array("PAR1xxxx".utf8), "a Parquet file; save the table"),
    (Array("PK\u{3}\u{4}xx".utf8), "a zip archive, such as an Excel file; save the table as CSV"),
  ])
  func namesOtherFiles(_ bytes: [UInt8], _ part: String) async throws {
    try await withTemporaryFolder { folder in
      try write(bytes, to: folder + "/t.csv")
      await expectFailure(.invalidData, mentions: ["t.csv: expected a table as CSV, found \(part)"]) {
        try CSVTable(contentsOf: URL(filePath: folder + "/t.csv"))
      }
    }
  }

  /// A column in another unit is clipped in silence otherwise.
  @Test(arguments: [(1, 20, false), (2, 20, true), (1, 2, true)])
  func namesValuesThatAreClipped(far: Int, rows: Int, isNamed: Bool) throws {
    let training = try table([:])
    let schema = try TableSchema(of: training, without: [])
    let features = try schema.features(of: training)
    let encoders = [5.0, nil].map { TableEncoder(fitting: features, rows: Array(0..<20), limit: $0) }
    let new = try parsed("x,k\n" + (0..<rows).map { "\($0 < far ? "123456" : "50"),a" }.joined(separator: "\n"))
    let found = try schema.features(of: new)
    let remarks = schema.remarks(on: found, of: new, known: [encoders[0]])
    #expect(remarks.count == 1, "\(remarks)")
    let expected =
      isNamed
      ? "column \"x\": \(far) of \(rows) rows lie beyond 5 standard deviations" : "in the columns \"x\" (1)"
    #expect(remarks.first?.text.contains(expected) == true, "\(remarks)")
    if isNamed { #expect(remarks[0].text.contains("the farthest 1.235e+05")) }
    // Nothing is clipped without a limit, and nothing is named within it.
    #expect(schema.remarks(on: found, of: new, known: [encoders[1]]) == [])
    #expect(schema.remarks(on: features, of: training, known: [encoders[0]]) == [])
  }

  @Test func leavesTextsThatAreNoNumbers() throws {
    for texts in [["10.0.0.1", "a1"], ["5-10", "10-15"], ["a", "b"], ["1/2", "3/4"]] {
      let schema = try TableSchema(of: try table([:]) { texts[$0 % 2] }, without: [])
      #expect(schema.columns[0].kind == .categorical && schema.remarks == [], "\(texts)")
    }
  }

  @Test func takesTheCallersWord() throws {
    let read = try table([3: "?"])
    let schema = try TableSchema(of: read, without: [], kinds: ["x": .categorical])
    #expect(schema.columns[0].kind == .categorical)
    let numbers = try TableSchema(of: try table([3: "20.0"]) { _ in "20" }, without: ["nothing"])
    #expect(numbers.dropped.map(\.name) == ["x"], "one number in every row")
    // 20 and 20.0 are one category of numbers.
    let codes = try TableSchema(
      of: try table([3: "20.0"]) { $0 % 2 == 0 ? "20" : "30" }, without: [], kinds: ["x": .categorical])
    #expect(codes.columns[0].kind == .numberCategories)
    let features = try codes.features(of: try table([3: "20.0", 4: "NA"]) { $0 % 2 == 0 ? "20" : "30.00" })
    #expect(features.columns[0].values == .texts((0..<20).map { $0 == 4 ? nil : $0 % 2 == 0 || $0 == 3 ? "20" : "30" }))
  }

  @Test func wantsNumbersWhereTheCallerSaysSo() async throws {
    let words = try table([:]) { $0 % 2 == 0 ? "many" : "few" }
    await expectFailure(.invalidData, mentions: ["line 2", "\"many\""]) {
      try TableSchema(of: words, without: [], kinds: ["x": .numeric])
    }
    let truths = try table([:]) { $0 % 2 == 0 ? "True" : "FALSE" }
    let schema = try TableSchema(of: truths, without: [], kinds: ["x": .numeric])
    #expect(try schema.features(of: truths).columns[0].values == .numbers((0..<20).map { $0 % 2 == 0 ? 1 : 0 }))
  }

  /// pandas reads `True`, `TRUE` and `true` as the same value.
  @Test func readsTruthValues() throws {
    let read = try table([0: "TRUE", 1: "false", 2: "NA"]) { $0 % 2 == 0 ? "True" : "False" }
    let schema = try TableSchema(of: read, without: [])
    #expect(schema.columns[0].kind == .boolean)
    let expected = (0..<20).map { $0 == 2 ? nil : $0 % 2 == 0 ? "True" : "False" } as [String?]
    #expect(try schema.features(of: read).columns[0].values == .texts(expected))
    let numbers = try table([0: "1.0", 1: " 0", 2: "", 4: "true "]) { $0 % 2 == 0 ? "1" : "0" }
    #expect(try schema.features(of: numbers).columns[0].values == .texts(expected))
    // Zeros and ones in training, words in the other table.
    let trained = try TableSchema(of: try table([:]) { "\($0 % 2)" }, without: [])
    #expect(trained.columns[0].kind == .numeric)
    let words = try trained.features(of: try table([:]) { $0 % 2 == 1 ? "TRUE" : "False" })
    #expect(words.columns[0].values == .numbers((0..<20).map { Double($0 % 2) }))
    #expect(try TableSchema(of: try table([5: "True"]) { "\($0 % 2)" }, without: []).columns[0].kind == .numeric)
  }

  @Test(arguments: [
    (0, "7 of 20 values are numbers, but line 2 holds \"w0\"", 7), (1, "each of them a category", 0),
    (2, "differ in case only", 0), (3, "write them without \"km\"", 0), (4, "count or identify the rows", 0),
  ])
  func remarks(_ kind: Int, _ part: String, _ count: Int) throws {
    let read = try table([:]) { row in
      switch kind {
      case 0: return row % 3 == 1 ? "\(row)" : "w\(row % 4)"
      case 1: return "name \(row)"
      case 2: return ["north", "North", "south"][row % 3]
      case 3: return "\(row % 5) km"
      default: return "\((row * 7) % 20 + 1)"
      }
    }
    let remarks = try TableSchema(of: read, without: []).remarks
    #expect(remarks.contains { $0.text.contains("t.csv, column \"x\"") && $0.text.contains(part) }, "\(remarks)")
  }

  @Test func saysWhatTrainingRowsDoNotHave() throws {
    let train = try table([:]) { ["north", "south", "20"][$0 % 3] }
    let schema = try TableSchema(of: train, without: [], kinds: ["x": .categorical])
    let encoder = TableEncoder(fitting: try schema.features(of: train), rows: Array(0..<20))
    let test = try table([0: "North", 1: "moon", 2: "moon", 3: " south ", 4: "", 5: "20.0"]) { _ in "north" }
    let remarks = schema.remarks(on: try schema.features(of: test), of: test, known: [encoder])
    #expect(remarks.count == 1)
    for part in [
      "t.csv, column \"x\": 4 of 20 rows (20%)", "\"moon\" (2)", "\"North\" (1), which is \"north\" there",
      "\"20.0\" (1), which is \"20\" there",
    ] {
      #expect(remarks[0].text.contains(part), "\(remarks)")
    }
    let empty = try table([:]) { _ in "NA" }
    #expect(
      schema.remarks(on: try schema.features(of: empty), of: empty, known: [encoder]).map(\.text)
        == ["t.csv, column \"x\": every value is missing, and predictions are made without it; check the table"])
    #expect(schema.remarks(on: try schema.features(of: train), of: train, known: [encoder]).isEmpty)
  }
}

/// Tables as spreadsheets, Europe and pandas write them.
@Suite struct TableLayoutTests {
  @Test(arguments: [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
  func namesAnotherDelimiter(_ mark: String, _ name: String) async throws {
    let text = "a\(mark)b\n1\(mark)2,5\n3\(mark)4\n"
    await expectFailure(.invalidData, mentions: ["t.csv, line 1", "found \(name)"], settings: ["delimiter"]) {
      try parsed(text)
    }
    let read = try parsed(text, delimiter: mark)
    #expect(read.header == ["a", "b"] && read.rows == [["1", "2,5"], ["3", "4"]])
    #expect(try parsed("a\(mark)\"b\(mark)c\"\n1\(mark)2", delimiter: mark).header == ["a", "b\(mark)c"])
  }

  @Test func readsTheLineThatNamesTheDelimiter() throws {
    for end in ["\n", "\r\n", "\r"] {
      let read = try parsed("sep=;\(end)a;b\(end)1;2\(end)")
      #expect(read.header == ["a", "b"] && read.rows == [["1", "2"]] && read.lines == [3])
    }
    #expect(try parsed("sep=,b\n1,2\n").header == ["sep=", "b"])
  }

  @Test func namesARepeatedHeader() async throws {
    await expectFailure(.invalidData, mentions: ["t.csv, line 4", "repeats the header"]) {
      try parsed("a,b\n1,2\n\na,b\n3,4\n")
    }
    #expect(try parsed("a\na\nb\n").rows.count == 2, "a column may hold its own name")
  }

  @Test func leavesOutEmptyColumnsAtTheEnd() throws {
    let read = try parsed("a,b,,\n1,2,,\n3,,,\n")
    #expect(read.header == ["a", "b"] && read.rows == [["1", "2"], ["3", ""]])
  }

  /// As `DataFrame.to_csv` writes its index, and as `read_csv` names it afterwards.
  @Test(arguments: ["", "Unnamed: 0", "Unnamed: 0.1", " "])
  func leavesOutTheIndex(_ name: String) throws {
    for ids in [["0", "1", "2"], ["17", "3", "9"], ["Mazda", "Fiat", "Ford"]] {
      let read = try parsed("\(name),x,y\n\(ids[0]),1,5\n\(ids[1]),2,1\n\(ids[2]),4,4\n")
      let schema = try TableSchema(of: read, without: [])
      #expect(schema.columns.map(\.name) == ["x", "y"])
      #expect(schema.leftOut.count == 1 && schema.leftOut[0].settings == ["dropped", "id"])
      #expect(schema.leftOut[0].text.contains("an unnamed first column"), "\(schema.leftOut)")
      #expect(schema.leftOut[0].text.contains("as pandas writes its index"), "\(schema.leftOut)")
      if name != "Unnamed: 0.1" { #expect(try read.columns(named: ["Unnamed: 0,x"]) == [0, 1]) }
    }
  }

  @Test func refusesAFeatureWithoutName() async throws {
    let read = try parsed("x,,y\n1,a,5\n2,b,1\n4,a,4\n")
    await expectFailure(
      .invalidData, mentions: ["t.csv", "an unnamed column 2", "\"a\", \"b\"", "Unnamed: 1"], settings: ["dropped"]
    ) {
      try TableSchema(of: read, without: [])
    }
    #expect(try read.columns(named: ["Unnamed: 1"]) == [1] && read.columns(named: [""]) == [1])
  }

  @Test func findsColumnsInListsAndBesideSpaces() async throws {
    let read = try parsed("a, b,\"c,d\",e \n1,2,3,4\n")
    #expect(try read.columns(named: ["a,b", "c,d", "e"]) == [0, 1, 2, 3])
    await expectFailure(.invalidData, mentions: ["no column \"f\""]) { try read.columns(named: ["a,f"]) }
    let schema = try TableSchema(of: try parsed("Area,Zone Name\n1,a\n2,b\n"), without: [])
    await expectFailure(.invalidData, mentions: ["found 1 of them missing: Zone Name (there is \"zone_name\")"]) {
      try schema.features(of: try parsed("Area,zone_name\n1,a\n"))
    }
  }
}
