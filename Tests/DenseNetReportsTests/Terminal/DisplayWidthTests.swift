import Foundation
import Testing

@testable import DenseNetReports

/// Against the package wcwidth (`Scripts/fixtures/make_width_fixtures.py`).
@Suite struct DisplayWidthTests {
  @Test func isThatOfWcwidth() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/terminal/widths.json")
    let expected = try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: file))
    #expect(expected.count > 30)
    for (text, columns) in expected { #expect(DisplayWidth.columns(text) == columns, "\(text)") }
  }

  @Test(arguments: [
    ("cat", 3, "cat"), ("cats", 3, "ca…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
    ("👩‍👩‍👧👩‍👩‍👧", 3, "👩‍👩‍👧…"), ("", 1, ""), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
  ])
  func cutsTheEnd(_ text: String, _ limit: Int, _ expected: String) {
    let fitted = DisplayWidth.fitted(text, to: limit)
    #expect(fitted == expected && DisplayWidth.columns(fitted) <= limit)
  }

  @Test func cutsTheStartOfPaths() {
    #expect(DisplayWidth.fitted("photos/cats/1.png", to: 8, keepsEnd: true) == "…s/1.png")
    #expect(DisplayWidth.fitted("猫/1.png", to: 7, keepsEnd: true) == "…/1.png")
  }

  /// Names of any script line up, and none makes a table wider than its column or moves the cursor.
  @Test func tablesLineUp() {
    var table = TextTable(columns: [
      .init("file", limit: 12, keepsEnd: true), .init("class", limit: 10), .init("n", .right),
    ])
    table.addRow(["a/very/long/path.png", String(repeating: "a", count: 200), "1"])
    table.addRow(["猫.png", "日本語の長い名前", "22"])
    table.addRow(["b\u{1b}[31m", "two\nlines\u{202e}", "3"])
    let lines = table.rendered().split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "file          class        n", "------------  ----------  --", "…ng/path.png  aaaaaaaaa…   1",
        "猫.png        日本語の…   22", "b\\u{1b}[31m   two lines…   3",
      ])
    #expect(lines.allSatisfy { DisplayWidth.columns($0) == 28 })
  }

  @Test(arguments: [(1, "1 epoch"), (0, "0 epochs"), (2, "2 epochs"), (1234, "1,234 epochs")])
  func counts(_ number: Int, _ text: String) { #expect(TextFormat.count(number, "epoch") == text) }
}
