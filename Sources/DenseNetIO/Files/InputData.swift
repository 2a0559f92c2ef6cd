package import DenseNets
package import Foundation

/// Whole files of moderate size, such as those of a run.
enum InputData {
  /// - Throws: `Failure(.missingInput)` where there is no file, `Failure(.inputOutput)` where it cannot be read.
  static func read(_ url: URL) throws(Failure) -> Data {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else {
      throw Failure(.missingInput, "\(url.relativePath): expected a file, found none; check the path")
    }
    do {
      return try Data(contentsOf: url)
    } catch {
      throw Failure.unreadable(url.relativePath)
    }
  }
}

/// Reads a JSON file that this package wrote.
/// - Throws: `Failure(.missingInput)` where there is no file, `Failure(.inputOutput)` where it cannot be read,
///   `Failure(.invalidData)` with what is wrong with it.
package func readJSON<Value: Decodable>(_ type: Value.Type, from url: URL) throws(Failure) -> Value {
  let data = try InputData.read(url)
  do {
    return try JSONDecoder().decode(type, from: data)
  } catch {
    throw Failure(.invalidData, "\(url.relativePath): expected a file that a run writes, found \(reason(error))")
  }
}

/// What is wrong with JSON, as the end of a sentence.
func reason(_ error: any Error) -> String {
  func place(_ path: [any CodingKey]) -> String {
    printable(path.map(\.stringValue).joined(separator: "."))
  }
  switch error as? DecodingError {
  case .keyNotFound(let key, let context)?: return "no \(place(context.codingPath + [key]))"
  case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
    return context.codingPath.isEmpty
      ? "another kind of value" : "another kind of value for \(place(context.codingPath))"
  default: return "text that is not JSON"
  }
}
