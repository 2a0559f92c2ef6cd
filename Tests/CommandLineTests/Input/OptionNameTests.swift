import Foundation
import Testing

/// Libraries speak of settings, commands of options: no setting may lose its option on the way.
@Suite struct OptionNames {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../Sources").standardizedFileURL

  private static func text(of folder: String) throws -> String {
    let root = sources.appending(path: folder)
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    var text = ""
    while let url = files?.nextObject() as? URL {
      if url.pathExtension == "swift" { text += try String(contentsOf: url, encoding: .utf8) }
    }
    return text
  }

  @Test(arguments: ["DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports", "DenseNetTasks"])
  func everySettingHasAnOption(_ library: String) throws {
    let command = try Self.text(of: "densenet")
    for match in try Self.text(of: library).matches(of: /settings: \[("[^\]]*)\]/) {
      for setting in match.1.matches(of: /"([a-zA-Z]+)"/) {
        // Called as the setting is, or listed.
        let isDeclared = try command.contains(Regex("var \(setting.1)\\b"))
        #expect(isDeclared || command.contains("\"\(setting.1)\": ["), "\(setting.1)")
      }
    }
  }
}
