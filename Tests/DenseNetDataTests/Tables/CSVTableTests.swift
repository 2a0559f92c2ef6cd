import DenseNets
import Foundation
import Testing

@testable import DenseNetData

private func table(_ text: String) throws -> CSVTable { try CSVTable(bytes: Array(text.utf8), source: "t.csv") }

@Suite struct CSVTableTests {
  @Test(arguments: ["\n", "\r\n", "\r"])
  func readsEveryKindOfLine(_ end: String) throws {
    for last in ["", end] {
      let read = try table("a,b,c\(end)1,2,3\(end)\(end)4,,6" + last)
      #expect(read.header == ["a", "b", "c"])
      #expect(read.rows == [["1", "2", "3"], ["4", "", "6"]])
      #expect(read.lines == [2, 4])
    }
  }

  @Test func readsEmptyFieldsAtTheEnd() throws {
    #expect(try table("a,b\n1,").rows == [["1", ""]])
    #expect(try table("a,b\n,").rows == [["", ""]])
    #expect(try table("a,b\n1,\"\"").rows == [["1", ""]])
    #expect(try table("a,b\n,\n").rows == [["", ""]])
  }

  @Test func readsQuotedFields() throws {
    let read = try table("name,\"a \"\"b\"\"\"\n\"x, y\",\"two\r\nlines\"\n\"\"\"\",\"\"\n5\" pipe, spaced \n")
    #expect(read.header == ["name", "a \"b\""])
    #expect(read.rows == [["x, y", "two\r\nlines"], ["\"", ""], ["5\" pipe", " spaced "]])
    #expect(read.lines == [2, 4, 5])
  }

  @Test func keepsTextAsItIs() throws {
    // Letters of several scalars, and line breaks of Unicode that are none of a table's.
    let fields = ["價格", "e\u{301}", "\u{2028}", "\u{85}", "\u{A0}x", "\u{B}", "👩‍👩‍👧"]
    let read = try table("1,2,3,4,5,6,7\n" + fields.joined(separator: ","))
    #expect(read.rows[0].map { Array($0.utf8) } == fields.map { Array($0.utf8) })
    // A mark that would join the quote or the comma before it.
    #expect(try table("a,b\n\"\u{301}x\",\u{301}").rows.map { $0.map { Array($0.utf8).count } } == [[3, 2]])
  }

  @Test func passesOverTheByteOrderMark() throws {
    #expect(try CSVTable(bytes: [0xEF, 0xBB, 0xBF] + Array("a\n1".utf8), source: "t.csv").header == ["a"])
    #expect(try CSVTable(bytes: [0xEF, 0xBB, 0xBF] + Array("\"a\"\n1".utf8), source: "t.csv").header == ["a"])
  }

  @Test(arguments: [
    ("", ["t.csv: expected a line with the names of columns"]),
    ("\n\r\n", ["t.csv: expected a line with the names of columns"]),
    ("a,b", ["t.csv: expected rows below the header"]),
    ("a,b\n\n", ["t.csv: expected rows below the header"]),
    ("a,b,a\n1,2,3", ["t.csv: columns 1 and 3 are both named \"a\""]),
    (",\n1,2", ["t.csv: columns 1 and 2 are both named \"\""]),
    ("a,b\n1,2\n3\n", ["t.csv, line 3, column \"b\": expected 2 fields", "found 1"]),
    ("a,b\n1,2,3", ["t.csv, line 2, column 3: expected 2 fields", "found 3"]),
    ("a,b\n\"x\ny\",1\n1,2,\n", ["line 4, column 3"]),
    ("a,b\r\n1,\"2\r\n3,4\r\n", ["t.csv, line 2, column \"b\"", "never closed"]),
    ("a,\"b", ["t.csv, line 1, column 2", "never closed"]),
    ("a\n\"", ["line 2, column \"a\"", "never closed"]),
    ("a,b\n\"1\"2,3", ["t.csv, line 2, column \"a\"", "after the closing quote"]),
    ("\"a\nb\"\n1,2", ["line 3, column 2"]),
    ("\"a\nb\",c\n\"1\n2\"", ["t.csv, line 3, column \"c\""]),
    ("c,\"a\nb\"\n1", ["t.csv, line 3, column \"a b\""]),
    ("a,b\n1,2\u{0}", ["t.csv, line 2, column \"b\"", "zero byte"]),
  ])
  func refusesWhatIsNoTable(_ text: String, _ parts: [String]) async throws {
    await expectFailure(.invalidData, mentions: parts) { try table(text) }
  }

  @Test(
    arguments: [
      ([0xE9], "UTF-8, found other bytes"), ([0xC0, 0x80], "UTF-8"), ([0xED, 0xA0, 0x80], "UTF-8"),
      ([0x22, 0xFF, 0x22], "UTF-8"),
    ] as [([UInt8], String)])
  func refusesWhatIsNotUTF8(_ bytes: [UInt8], _ part: String) async throws {
    await expectFailure(.invalidData, mentions: ["t.csv, line 3, column \"b\"", part]) {
      try CSVTable(bytes: Array("a,b\n1,2\n3,".utf8) + bytes, source: "t.csv")
    }
  }

  @Test(arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]])
  func namesUTF16(_ bytes: [UInt8]) async throws {
    await expectFailure(.invalidData, mentions: ["t.csv: expected UTF-8, found UTF-16"]) {
      try CSVTable(bytes: bytes, source: "t.csv")
    }
  }

  @Test func readsFiles() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/houses.csv"
      try write(Array("Id,Price\n7,\"1,5\"\n".utf8), to: path)
      let read = try CSVTable(contentsOf: URL(fileURLWithPath: path))
      #expect(read.rows == [["7", "1,5"]] && read.source == path)
      #expect(try read.column(named: "Price") == 1)
      #expect(read.place(row: 0, column: 1) == "\(path), line 2, column \"Price\"")
      await expectFailure(.invalidData, mentions: [path, "\"price\"", "Id, Price"]) { try read.column(named: "price") }
      await expectFailure(.missingInput, mentions: ["none.csv: no such file"]) {
        try CSVTable(contentsOf: URL(fileURLWithPath: folder + "/none.csv"))
      }
      await expectFailure(.inputOutput, mentions: ["expected a file, found a folder"]) {
        try CSVTable(contentsOf: URL(fileURLWithPath: folder))
      }
      try write([], to: folder + "/empty.csv")
      await expectFailure(.invalidData, mentions: ["empty.csv", "an empty file"]) {
        try CSVTable(contentsOf: URL(fileURLWithPath: folder + "/empty.csv"))
      }
    }
  }

  /// Whatever a table holds comes back, and no text of the troublesome characters is more than a table or a failure.
  @Test func survivesRandomTexts() throws {
    var random = RandomSource(seed: 7)
    let alphabet: [Character] = ["a", ",", "\"", "\n", "\r", " ", "é", "1"]
    for _ in 0..<2000 {
      let columns = Int.random(in: 1...4, using: &random)
      let rows = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        (0..<columns).map { _ in
          String((0..<Int.random(in: 0...6, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
        }
      }
      let header = (0..<columns).map { "column \($0)" }
      let text = ([header] + rows).map { row in
        row.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }.joined(separator: ",")
      }.joined(separator: "\r\n")
      #expect(try table(text).rows.map { $0.map { Array($0.utf8) } } == rows.map { $0.map { Array($0.utf8) } })

      let noise = String((0..<40).map { _ in alphabet.randomElement(using: &random)! })
      do {
        let read = try table(noise)
        #expect(read.rows.allSatisfy { $0.count == read.header.count } && read.lines.count == read.rows.count)
      } catch let failure as Failure {
        #expect(failure.kind == .invalidData && !failure.description.contains(where: \.isNewline))
      }
    }
  }
}
