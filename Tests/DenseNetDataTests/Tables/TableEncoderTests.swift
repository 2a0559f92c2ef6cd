import DenseNetReports
import DenseNets
import Foundation
import Testing

@testable import DenseNetData

private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/tables")

private func table(_ text: String) throws -> CSVTable { try CSVTable(bytes: Array(text.utf8), source: "t.csv") }

/// Preprocessing against what pandas makes of the same tables.
@Suite struct TableEncoderTests {
  struct Case: Decodable {
    let rows: [Int]
    let names: [String]
    let train: [[Double]]
    let test: [[Double]]
  }
  struct Expected: Decodable { let cases: [Case] }

  @Test func isThatOfPandas() throws {
    let data = try Data(contentsOf: folder.appending(path: "encoded.json"))
    let train = try CSVTable(contentsOf: folder.appending(path: "train.csv"))
    let test = try CSVTable(contentsOf: folder.appending(path: "test.csv"))
    let schema = try TableSchema(of: train, without: ["Id", "Price"])
    #expect(schema.dropped == [])
    let cases = try JSONDecoder().decode(Expected.self, from: data).cases
    #expect(cases.count == 2)
    for item in cases {
      let features = try schema.features(of: train)
      let encoder = TableEncoder(fitting: features, rows: item.rows)
      #expect(encoder.featureNames == item.names && encoder.featureCount == item.names.count)
      for (table, expected) in [(features, item.train), (try schema.features(of: test), item.test)] {
        let found = encoder.encode(table, rows: Array(0..<table.rowCount))
        #expect(found.shape == [expected.count, item.names.count])
        let worst = zip(found.values, expected.joined()).map { abs(Double($0) - $1) }.max()!
        #expect(worst < 1e-6)
      }
    }
  }

  @Test func encodesTheRowsAskedForInTheirOrder() throws {
    let read = try table("x,k\n1,a\n2,b\n4,a\n")
    let features = try TableSchema(of: read, without: []).features(of: read)
    let encoder = TableEncoder(fitting: features, rows: [0, 1])
    #expect(encoder.numeric == [.init(name: "x", mean: 1.5, deviation: 0.5.squareRoot())])
    let found = encoder.encode(features, rows: [2, 0])
    let z = Float(2.5 / 0.5.squareRoot())
    #expect(found == Tensor(shape: [2, 4], values: [z, 1, 0, 0, Float(-0.5 / 0.5.squareRoot()), 1, 0, 0]))
  }

  @Test func limitsOutliers() throws {
    let read = try table("x,k\n-1,a\n1,b\n100,a\n-100,a\nNA,b\n1.5,b\n")
    let features = try TableSchema(of: read, without: []).features(of: read)
    let encoder = TableEncoder(fitting: features, rows: [0, 1], limit: 3)
    let found = encoder.encode(features, rows: Array(0..<6))
    let deviation = 2.0.squareRoot()
    let expected = [-1 / deviation, 1 / deviation, 3, -3, 0, 1.5 / deviation].map { Float($0) }
    #expect(found.sliced(0..<1, axis: 1).values == expected)
    #expect(found.sliced(1..<3, axis: 1).values == [1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1], "categories stay as they are")
  }

  @Test func knowsWhatIsMissingAndWhatIsANumber() {
    for text in ["", "NA", "N/A", "nan", "NaN", "null", "None", "#N/A", "<NA>"] { #expect(FieldText.isMissing(text)) }
    for text in ["na", " ", "0", "none", "-", "NAN"] { #expect(!FieldText.isMissing(text)) }
    let numbers: [(String, Double)] = [
      ("1", 1), ("-1.5", -1.5), ("+.5", 0.5), ("5.", 5), (" 7\t", 7), ("1e3", 1000), ("1E-2", 0.01),
      ("1e309", .infinity), ("inf", .infinity), ("-Infinity", -.infinity),
    ]
    for (text, number) in numbers { #expect(FieldText.number(text) == number, "\(text)") }
    for text in ["", " ", "a", "1a", "0x10", "1_000", "1,5", "e5", "--1", "1 2", "nan", "nan(1)", "+-inf", "１"] {
      #expect(FieldText.number(text) == nil, "\(text)")
    }
  }

  @Test func dropsWhatTellsNoRowsApart() throws {
    let read = try table("id,none,five,maybe,word,once,x\n1,NA,5,5,a,b,1\n2,,5.0,,a,NA,2\n3,nan,5,5,a,b,3\n")
    let schema = try TableSchema(of: read, without: ["id"])
    #expect(schema.columns == [.init(name: "once", kind: .categorical), .init(name: "x", kind: .numeric)])
    #expect(schema.dropped.map(\.name) == ["none", "five", "maybe", "word"])
    #expect(
      schema.dropped.map(\.reason) == [
        "every value is missing", "every number is 5", "every number is 5", "every value is \"a\"",
      ])
  }

  @Test func giveEqualNumbersNoDeviation() throws {
    // The mean of these is not 0.1 to the bit.
    let read = try table("x,y\n" + String(repeating: "0.1,1\n", count: 10) + "7,2\n")
    let features = try TableSchema(of: read, without: []).features(of: read)
    let encoder = TableEncoder(fitting: features, rows: Array(0..<10))
    #expect(encoder.numeric.map(\.deviation) == [0, 0])
    #expect(encoder.encode(features, rows: [10]).values == [0, 0])
  }

  @Test func survivesItsOwnJSON() throws {
    let train = try CSVTable(contentsOf: folder.appending(path: "train.csv"))
    let features = try TableSchema(of: train, without: ["Id", "Price"]).features(of: train)
    let encoder = TableEncoder(fitting: features, rows: [0, 1, 2, 5])
    #expect(try JSONDecoder().decode(TableEncoder.self, from: JSONEncoder().encode(encoder)) == encoder)
  }

  @Test func refusesTablesThatDoNotFit() async throws {
    let train = try table("id,x,k\n1,2,a\n2,3,b\n")
    let schema = try TableSchema(of: train, without: ["id"])
    await expectFailure(.invalidData, mentions: ["t.csv", "2 of them missing: x, k"]) {
      try schema.features(of: table("id,y\n1,2\n"))
    }
    for text in ["abc", "1e309", "-inf", "1e101", "0x1"] {
      await expectFailure(.invalidData, mentions: ["t.csv, line 3, column \"x\"", "expected a number", "\"\(text)\""]) {
        try schema.features(of: table("k,x\na,1\nb,\(text)\n"))
      }
    }
    await expectFailure(.invalidData, mentions: ["t.csv, line 2, column \"x\"", "1e309"]) {
      let read = try table("x\n1e309\n2\n")
      return try TableSchema(of: read, without: []).features(of: read)
    }
    for text in ["a\n1\n1\n", "a,b\nNA,x\n,x\n"] {
      await expectFailure(.invalidData, mentions: ["t.csv: expected columns to learn from"]) {
        try TableSchema(of: table(text), without: [])
      }
    }
  }
}

@Suite struct TableTargetTests {
  @Test func takesLogarithms() throws {
    let read = try table("y\n1\n2.5\n100\n")
    let target = try TableTarget("y", of: read, logarithm: true)
    #expect(target.values == [0, log(2.5), log(100)])
    #expect(abs(target.unit(of: target.values[1]) - 2.5) < 1e-12)
    let plain = try TableTarget("y", of: read, logarithm: false)
    #expect(plain.values == [1, 2.5, 100] && plain.unit(of: 7) == 7)
  }

  @Test func scalesToMeanZeroAndDeviationOne() {
    let scale = TargetScale(fitting: [2, 4, 6])
    #expect(scale.mean == 4 && scale.deviation == 2)
    #expect(scale.standardized(8) == 2 && scale.value(of: 2) == 8)
    #expect(TargetScale(fitting: [3, 3]).deviation == 1)
  }

  @Test(arguments: ["", "NA", "abc", "0", "-1", "inf", "1e309"])
  func refusesWhatHasNoLogarithm(_ text: String) async throws {
    await expectFailure(.invalidData, mentions: ["t.csv, line 3, column \"y\"", "above 0"], settings: ["logTarget"]) {
      try TableTarget("y", of: table("x,y\n1,2\n2,\(text)\n"), logarithm: true)
    }
  }

  @Test func refusesOtherTargets() async throws {
    await expectFailure(.invalidData, mentions: ["line 2", "expected a number to predict", "\"abc\""]) {
      try TableTarget("y", of: table("y\nabc\n-1\n"), logarithm: false)
    }
    #expect(try TableTarget("y", of: table("y\n-1\n0\n"), logarithm: false).values == [-1, 0])
    await expectFailure(.invalidData, mentions: ["no column \"z\"", "x, y"]) {
      try TableTarget("z", of: table("x,y\n1,2\n"), logarithm: true)
    }
    await expectFailure(.invalidData, mentions: ["the same in every row"], settings: ["target"]) {
      try TableTarget("y", of: table("y\n2\n2.0\n"), logarithm: true)
    }
  }
}

@Suite struct FoldsTests {
  @Test(arguments: [(10, 5), (11, 5), (1460, 5), (3, 2), (7, 7)])
  func holdsOutEveryRowOnce(_ rows: Int, _ count: Int) throws {
    let folds = try Folds(rows: rows, count: count, seed: 3)
    let held = (0..<count).map(folds.validation)
    #expect(held.joined().sorted() == Array(0..<rows))
    #expect(held.map(\.count).max()! - held.map(\.count).min()! <= 1)
    for fold in 0..<count { #expect((folds.training(fold) + held[fold]).sorted() == Array(0..<rows)) }
  }

  @Test func dependsOnTheSeed() throws {
    let folds = try Folds(rows: 100, count: 5, seed: 1)
    #expect(try folds == Folds(rows: 100, count: 5, seed: 1) && folds != Folds(rows: 100, count: 5, seed: 2))
    #expect(folds.validation(0) != Array(0..<20), "rows are shuffled")
  }

  @Test(arguments: [(10, 1), (10, 11), (2, 2), (10, 0)])
  func refusesTooFewRows(_ rows: Int, _ count: Int) async {
    await expectFailure(.usage, mentions: ["\(count) folds of \(rows) rows"], settings: ["folds"]) {
      try Folds(rows: rows, count: count, seed: 0)
    }
  }
}

@Suite struct CSVTextTests {
  @Test func comesBack() throws {
    let fields = ["a", "", "b,c", "say \"x\"", "two\nlines", "\"\u{301}", "é", " "]
    let text = CSVText.line(fields) + CSVText.line(fields)
    #expect(CSVText.line(["a", "1.5"]) == "a,1.5\n")
    let header = CSVText.line((0..<fields.count).map { "c\($0)" })
    #expect(
      try table(header + text).rows.map { $0.map { Array($0.utf8) } }
        == [fields, fields].map { $0.map { Array($0.utf8) } })
  }
}
