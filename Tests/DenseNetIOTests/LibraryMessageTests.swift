import Foundation
import Testing

/// A library speaks its own terms: options, subcommands and exit statuses belong to the command.
@Suite struct LibraryMessageTests {
  static let modules = ["DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports", "DenseNetTasks"]
  /// Their literals are style sheets, whose variables begin with two dashes.
  static let styleSheets = ["PageStyle.swift", "ConfusionSection.swift"]

  @Test(arguments: modules) func noMessageSpeaksOfTheCommandLine(_ module: String) throws {
    let files = try Self.files(of: module)
    #expect(!files.isEmpty)
    for file in files where !Self.styleSheets.contains(file.lastPathComponent) {
      for literal in SwiftLiterals.found(in: try String(contentsOf: file, encoding: .utf8)) {
        #expect(
          Self.term(in: literal) == nil,
          "\(file.lastPathComponent): name the setting in `settings:` instead, or put it in the library's terms: \(literal)"
        )
      }
    }
  }

  @Test(arguments: [
    #"Failure(.usage, "too large; lower --batch-size")"#, #"x = "--output: is taken""#, #"y = "a \(n, "b --top") c""#,
    #"z = "see densenet train""#, ##"w = #"exit status 64"#"##, "v = \"\"\"\n  use --resize\n  \"\"\"",
  ])
  func termsAreFoundInLiterals(_ code: String) {
    #expect(SwiftLiterals.found(in: code).contains { Self.term(in: $0) != nil })
  }

  @Test(arguments: ["// --output \"--output\"\n", #"/* "--x" */ let a = "b" // "--c""#, #"let a = "x -- y // z \"""#])
  func otherTextIsNot(_ code: String) {
    #expect(SwiftLiterals.found(in: code).allSatisfy { Self.term(in: $0) == nil })
  }

  private static func term(in literal: String) -> Substring? {
    let terms =
      /(?:^|[^-a-z])--[a-z]|exit status|densenet (train|evaluate|predict|convert|export|summary|bench|lr-find|report|compare|tabular)/
    return literal.firstMatch(of: terms)?.output.0
  }

  private static func files(of module: String) throws -> [URL] {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = package.appendingPathComponent("Sources/\(module)")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }
}

/// The string literals of Swift code, without what is interpolated, which counts by itself.
private struct SwiftLiterals {
  private let code: [Character]
  private var place = 0
  private var literals: [String] = []

  static func found(in code: String) -> [String] {
    var scan = SwiftLiterals(code: Array(code))
    scan.readCode(isInterpolated: false)
    return scan.literals
  }

  private init(code: [Character]) { self.code = code }

  private func isNext(_ text: String) -> Bool { code[place...].starts(with: text) }

  private mutating func skip(to end: String) {
    while place < code.count, !isNext(end) { place += 1 }
  }

  /// Reads to the end, or past the parenthesis that closes an interpolation.
  private mutating func readCode(isInterpolated: Bool) {
    var depth = 0
    while place < code.count {
      if isNext("//") {
        skip(to: "\n")
      } else if isNext("/*") {
        skip(to: "*/")
      } else if let pounds = poundsOfLiteral() {
        readLiteral(pounds: pounds)
      } else {
        if code[place] == "(" { depth += 1 }
        if code[place] == ")" { depth -= 1 }
        place += 1
        if isInterpolated, depth < 0 { return }
      }
    }
  }

  /// The number of `#` before a quotation mark; nil where no literal begins.
  private func poundsOfLiteral() -> Int? {
    let pounds = code[place...].prefix { $0 == "#" }.count
    return place + pounds < code.count && code[place + pounds] == "\"" ? pounds : nil
  }

  private mutating func readLiteral(pounds: Int) {
    let fence = String(repeating: "#", count: pounds)
    place += pounds
    let quote = isNext("\"\"\"") ? "\"\"\"" : "\""
    place += quote.count
    var text = ""
    while place < code.count, !isNext(quote + fence) {
      if isNext("\\\(fence)(") {
        place += pounds + 2
        readCode(isInterpolated: true)
      } else if isNext("\\\(fence)") {
        place += pounds + 2
      } else {
        text.append(code[place])
        place += 1
      }
    }
    place += quote.count + pounds
    literals.append(text)
  }
}
