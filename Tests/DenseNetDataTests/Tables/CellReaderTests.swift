import DenseNets
import Foundation
import Testing

@testable import DenseNetData

private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/tables")

/// Single fields against what pandas' `read_csv` makes of them (`Scripts/fixtures/tables/make_cell_fixtures.py`).
@Suite struct CellReaderTests {
  private enum Expected: Decodable, Equatable {
    case missing, text
    case number(Double)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else {
        self = try value.decode(String.self) == "missing" ? .missing : .text
      }
    }

    init(_ cell: Cell) {
      switch cell {
      case .missing: self = .missing
      case .number(let number): self = .number(number)
      case .text: self = .text
      }
    }
  }

  private struct Format: Decodable {
    let decimal: String
    let thousands: String?
    let missing: [String]
    let cells: [String: Expected]
  }

  private struct Fixture: Decodable {
    let missing: [String]
    let cells: [String: Expected]
    let formats: [Format]
  }

  private func fixture() throws -> Fixture {
    try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: folder.appending(path: "cells.json")))
  }

  @Test func readsFieldsAsPandasDoes() throws {
    let expected = try fixture()
    #expect(TableFormat.defaultMissing == Set(expected.missing) && expected.missing.count == 19)
    let reader = CellReader(TableFormat())
    #expect(expected.cells.count > 50)
    for (text, cell) in expected.cells { #expect(Expected(reader.cell(text)) == cell, "\"\(text)\"") }
  }

  @Test func readsOtherFormatsAsPandasDoes() throws {
    for expected in try fixture().formats {
      var format = TableFormat()
      (format.decimal, format.thousands, format.missing) = (expected.decimal, expected.thousands, expected.missing)
      try format.validate()
      let reader = CellReader(format)
      for (text, cell) in expected.cells { #expect(Expected(reader.cell(text)) == cell, "\"\(text)\" in \(format)") }
    }
  }

  /// Where pandas would keep a text or join digits: spaces of every kind, the minus sign, groups that are none.
  @Test func readsMoreThanPandas() {
    let plain = CellReader(TableFormat())
    for text in ["7\u{A0}", "\u{A0}7", "\u{202F}7 ", "\u{FEFF}7"] { #expect(plain.cell(text) == .number(7), "\(text)") }
    #expect(plain.cell("\u{2212}5.5") == .number(-5.5) && plain.cell(" NA ") == .missing && plain.cell(" ") == .missing)
    #expect(plain.cell(" a b ") == .text("a b") && plain.category("\u{A0}x ") == "x")
    var format = TableFormat()
    format.thousands = ","
    for text in ["1,5", "12,34", ",123", "1,2345", "1,234,5", "1.5,000"] {
      #expect(CellReader(format).cell(text) == .text(text), "\(text)")
    }
    format.thousands = " "
    for text in ["1 234", "1\u{A0}234", "1\u{202F}234", "\u{2212}1 234 567.5"] {
      guard case .number = CellReader(format).cell(text) else {
        Issue.record("\(text)")
        continue
      }
    }
  }

  @Test(arguments: [
    ("delimiter", ";;"), ("delimiter", ""), ("delimiter", "\""), ("delimiter", "\n"), ("delimiter", "5"),
    ("decimal", "é"), ("decimal", "e"), ("decimal", "\t"), ("thousands", "-"), ("thousands", "."),
  ])
  func refusesFormats(_ setting: String, _ value: String) async {
    var format = TableFormat()
    switch setting {
    case "delimiter": format.delimiter = value
    case "decimal": format.decimal = value
    default: format.thousands = value
    }
    let settings: [Failure.Setting] = value == "." ? ["decimal", "thousands"] : [.init(rawValue: setting)]
    let wrong = format
    await expectFailure(.usage, mentions: ["expected", "\"\(printable(value))\""], settings: settings) {
      try wrong.validate()
    }
  }
}
