import DenseNetReports
import Testing

@Suite struct TextTableTests {
  @Test func columnsAreAsWideAsTheyNeed() {
    var table = TextTable(columns: [.init("layer"), .init("output shape"), .init("parameters", .right)])
    table.addRow(["0.0", "[1, 64, 48, 48]", "3,200"])
    table.addRow(["a\nlonger name", "é", ""])
    table.addRule()
    table.addRow(["total", "", "758,226"])
    #expect(
      table.rendered() == """
        layer          output shape     parameters
        -------------  ---------------  ----------
        0.0            [1, 64, 48, 48]       3,200
        a longer name  é
        -------------  ---------------  ----------
        total                              758,226

        """)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (758_226, "758,226"), (-1_234_567, "-1,234,567"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func thousands(number: Int, text: String) {
    #expect(TextFormat.thousands(number) == text)
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1 << 20, "1.0 MiB"), (1_048_575, "1.0 MiB"),
    (2_040_109_466, "1.9 GiB"), (150 << 20, "150 MiB"), (1000 << 20, "1.0 GiB"), (Int.max, "8.0 EiB"),
  ])
  func bytes(count: Int, text: String) {
    #expect(TextFormat.bytes(count) == text)
  }

  @Test(arguments: [
    (0.0, "0:00"), (59.4, "0:59"), (59.5, "1:00"), (245, "4:05"), (3723, "1:02:03"), (360_000, "100:00:00"),
    (.nan, "-"), (.infinity, "-"), (-1, "-"), (1e300, "-"),
  ])
  func durations(seconds: Double, text: String) {
    #expect(TextFormat.duration(seconds) == text)
  }

  @Test func fixedDecimals() {
    #expect(TextFormat.fixed(0.1404, decimals: 3) == "0.140")
    #expect(TextFormat.fixed(.nan, decimals: 3) == "nan")
    #expect(TextFormat.fixed(-.infinity, decimals: 1) == "-inf")
  }
}
