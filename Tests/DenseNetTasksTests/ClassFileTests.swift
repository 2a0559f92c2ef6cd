import DenseNetTasks
import DenseNets
import Foundation
import Testing

/// Files of classes' names, as other programs write them too.
@Suite struct ClassFileTests {
  private func names(_ text: String, count: Int = 3) throws -> [String] {
    let file = FileManager.default.temporaryDirectory.appending(path: "classes-\(UUID()).txt")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try ClassFile.names(contentsOf: file.path, count: count)
  }

  @Test func saysThatAFileIsEmpty() throws {
    #expect {
      try names("", count: 3)
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.kind == .invalidData && failure.description.contains("found an empty file")
    }
  }

  @Test(arguments: [
    "rose\ndaisy\nred tulip\n", "0 rose\n1 daisy\n2 red tulip\n", "2 red tulip\n0 rose\n1 daisy",
    "rose 0\nred tulip 2\ndaisy 1\n", "rose: 0\ndaisy: 1\nred tulip: 2\n", "index,name\n0,rose\n1,daisy\n2,red tulip\n",
    #"["rose", "daisy", "red tulip"]"#, "[\n \"rose\",\n \"daisy\",\n \"red tulip\"\n]\n",
    #"{"0": "rose", "1": "daisy", "2": "red tulip"}"#,
  ])
  func namesAreInTheOrderOfTheOutputs(_ text: String) throws {
    #expect(try names(text) == ["rose", "daisy", "red tulip"])
  }

  /// Numbers that are no indices from 0 on belong to the names.
  @Test(arguments: [
    ["1 euro", "2 euro", "5 euro"], ["7", "3", "5"], ["0 a", "0 b", "1 c"], ["route 1", "route 2", "x"],
    // A mark that joins the digit makes it another character.
    ["2\u{64b} a", "0 b", "1 c"],
  ])
  func otherNumbersAreOfTheNames(_ lines: [String]) throws {
    #expect(try names(lines.joined(separator: "\n")) == lines)
  }

  @Test func anotherNumberOfClassesIsRefused() {
    let thrown = #expect(throws: Failure.self) { try names("a\nb\n") }
    #expect(thrown?.description.contains("expected 3 classes, one per line, as the network has, found 2") == true)
  }
}
