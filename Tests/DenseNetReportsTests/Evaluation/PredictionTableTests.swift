import DenseNets
import Foundation
import Testing

@testable import DenseNetReports

@Suite struct PredictionTableTests {
  private func read(_ text: String, classes: Int = 3) throws -> [Prediction] {
    let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      .map { $0.map(String.init) }
    return try PredictionTable.predictions(
      header: lines[0], rows: Array(lines.dropFirst()), place: { "p.csv, row \($0), column \($1)" }, classes: classes)
  }

  @Test func comesBackAsItWas() throws {
    let written = [[0.125, 0.625, 0.25], [1, 0, 0], [0.1, 0.2, 0.7]].enumerated().map { index, row in
      Prediction(index: index * 7, label: index, probabilities: row.map(Float.init))
    }
    let text = PredictionTable.text(written)
    #expect(
      text == """
        index,label,prediction,confidence,label_probability,label_rank
        0,0,1,0.625,0.125,3
        7,1,0,1.0,0.0,2
        14,2,2,0.7,0.7,1

        """)
    let read = try read(text)
    #expect(
      read.map(\.label) == [0, 1, 2] && read.map(\.predicted) == [1, 0, 2] && read.map(\.labelRank) == [3, 2, 1])
    #expect(PredictionTable.text(read) == text)
  }

  @Test func filesAreNamed() throws {
    let files = ["val/a/1.png", "odd, \"name\"\n.png", nil]
    let text = PredictionTable.text(
      files.enumerated().map { Prediction(index: $0, file: $1, label: 0, probabilities: [1, 0]) })
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0].hasSuffix(",label_rank,file") && lines[1] == "0,0,0,1.0,1.0,1,val/a/1.png")
    #expect(text.contains("1,0,0,1.0,1.0,1,\"odd, \"\"name\"\"\n.png\"\n2,0,0,1.0,1.0,1,\n"))
    let named = try read("index,label,prediction,confidence,label_probability,label_rank,file\n3,1,1,1,1,1,x y.png\n")
    #expect(named.map(\.file) == ["x y.png"] && named.map(\.index) == [3])
    #expect(
      try read("index,label,prediction,confidence,label_probability,label_rank,file\n3,1,1,1,1,1,\n")[0].file == nil)
  }

  @Test func classesAreNamed() throws {
    let written = ["a.png", "=b.png"].enumerated().map {
      Prediction(index: $0, file: $1, label: $0, probabilities: [0.75, 0.25, 0])
    }
    let names = ["=1+1", "-5", "+x"]
    let text = PredictionTable.text(written, classNames: names)
    #expect(
      text == """
        index,label,prediction,confidence,label_probability,label_rank,file,label_name,prediction_name
        0,0,0,0.75,0.75,1,a.png,'=1+1,'=1+1
        1,1,0,0.75,0.25,2,'=b.png,-5,'=1+1

        """)
    #expect(try read(text) == written)
    let unfiled = written.map { prediction in
      var prediction = prediction
      prediction.file = nil
      return prediction
    }
    let short = PredictionTable.text(unfiled, classNames: names)
    #expect(try short.hasSuffix("1,1,0,0.75,0.25,2,-5,'=1+1\n") && read(short) == unfiled)
  }

  @Test(arguments: [
    ("index,label\n1,2", "row 0, column 0"), ("1,0,0,0.5,0.5,1", "row 0, column 0"),
  ])
  func wantsItsColumns(text: String, place: String) {
    #expect { try read(text) } throws: { ($0 as? Failure)?.description.contains(place) == true }
  }

  @Test(arguments: [
    ("-1,0,0,0.5,0.5,1", 0), ("x,0,0,0.5,0.5,1", 0), ("1,3,0,0.5,0.5,1", 1), ("1,0,-1,0.5,0.5,1", 2),
    ("1,0,0,nan,0.5,1", 3), ("1,0,0,1.5,0.5,1", 3), ("1,0,0,0.5,-0.1,1", 4), ("1,0,0,0.5,,1", 4),
    ("1,0,0,0.5,0.5,0", 5), ("1,0,0,0.5,0.5,4", 5),
  ])
  func namesABadField(row: String, column: Int) {
    let text = "index,label,prediction,confidence,label_probability,label_rank\n0,1,1,1,1,1\n\(row)\n"
    #expect { try read(text) } throws: { error in
      let failure = error as? Failure
      return failure?.kind == .invalidData && failure?.description.hasPrefix("p.csv, row 1, column \(column): ") == true
    }
  }

  @Test func theRecordHasWhatPeopleAskFor() throws {
    let evaluation = try EvaluationFixture("absent").evaluation
    let record = EvaluationRecord(evaluation, images: [.init(index: 3, png: Data([1, 2, 3]))])
    let json = try JSONEncoder().encode(record)
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(object["accuracy"] as? Double == 0.275 && object["examples"] as? Int == 40)
    #expect(object["top5_accuracy"] == nil && object["expected_calibration_error"] is Double)
    #expect((object["classes"] as? [[String: Any]])?[4].keys.sorted() == ["name", "support"])
    #expect(try JSONDecoder().decode(EvaluationRecord.self, from: json) == record)
    let empty = EvaluationRecord(Evaluation([], classNames: ["a"]), images: [])
    #expect(empty.accuracy == nil && empty.loss == nil && empty.expectedCalibrationError == nil)
  }
}

/// Texts from outside in comma-separated values: none of them may be a formula, and numbers stay numbers.
@Suite struct CSVFieldTests {
  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
    ("\rx", "\"'\rx\""), ("\nx", "\"'\nx\""), ("=\"a\",b", "\"'=\"\"a\"\",b\""), ("＝1", "'＝1"), ("＠x", "'＠x"),
    ("-0x1", "'-0x1"),
    ("-5", "-5"), ("+5.5e3", "+5.5e3"), ("a=1", "a=1"), ("'", "'"), ("'a", "'a"), ("'=x", "''=x"), ("", ""),
    ("a\u{1b}[31m", "a\\u{1b}[31m"), ("\u{9b}5", "\\u{9b}5"), (" x", "\" x\""),
  ])
  func guardsFormulas(_ text: String, _ field: String) {
    #expect(CSVText.field(text) == field)
  }

  @Test(arguments: ["=1+1", "'=1", "''@", "-x", "-5", "'a", "a", "", "＋1"])
  func takesTheQuoteOffAgain(_ text: String) { #expect(CSVText.unguarded(CSVText.field(text)) == text) }
}
