import DenseNets
import Foundation

/// A text file with the name of a class a line.
public enum ClassFile {
  private static let sizeLimit = 1 << 24

  /// - Parameter count: the network's classes.
  /// - Throws: `Failure` where the file cannot be read, or names another number of classes.
  public static func names(contentsOf path: String, count: Int) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, "\(path): no such file; check the path of the classes' names", settings: ["classNames"])
    }
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: sizeLimit) else {
      throw Failure.unreadable(path)
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Failure(.invalidData, "\(path): expected UTF-8 text with one class per line, found other bytes; correct it")
    }
    var names = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    while names.last?.isEmpty == true { names.removeLast() }
    guard names.count == count else {
      throw Failure(
        .invalidData,
        "\(path): expected \(count) classes, one per line, as the network has, found \(names.count); correct it")
    }
    return names
  }
}
