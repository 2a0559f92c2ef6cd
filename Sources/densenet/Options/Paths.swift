import DenseNets
import Foundation

/// The path of a file or a folder; never empty, which would mean the working folder.
struct Path {
  let text: String

  static func parse(_ argument: String) throws -> Path {
    guard !argument.isEmpty else { throw Failure(.usage, "expected a path") }
    return Path(text: argument)
  }

  var url: URL { URL(fileURLWithPath: text) }
}
