import DenseNets
import Foundation

/// The path of a file or a folder; never empty, which would mean the working folder.
struct Path {
  let text: String

  static func parse(_ argument: String) throws -> Path {
    guard !argument.isEmpty else { throw Failure(.usage, "expected a path") }
    return Path(text: argument)
  }

  /// What the command line says after the program's name, by its bytes.
  static var arguments: [String] {
    (1..<max(Int(CommandLine.argc), 1)).compactMap { index in
      CommandLine.unsafeArgv[index].map { PathText.text(of: UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
  }

  var url: URL { URL(fileURLWithPath: text) }
}
