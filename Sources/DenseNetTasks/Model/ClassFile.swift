import DenseNets
import Foundation

/// A text file with the name of a class a line; each line may have the class's index too, as `0 rose` or `rose,0`. Or JSON:
/// a list of names, or an object of names by index.
public enum ClassFile {
  private static let sizeLimit = 1 << 24

  /// - Parameter count: the network's classes.
  /// - Throws: `Failure` where the file cannot be read, or names another number of classes.
  public static func names(contentsOf path: String, count: Int) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, "\(path): no such file; check the path of the classes' names", settings: ["classNames"])
    }
    guard let handle = FileHandle(forReadingAtPath: path) else { throw Failure.unreadable(path) }
    let data: Data
    // Nil at the end of the file.
    do { data = try handle.read(upToCount: sizeLimit) ?? Data() } catch { throw Failure.unreadable(path) }
    guard !data.isEmpty else {
      throw Failure(
        .invalidData,
        "\(path): expected \(count) classes, one per line, as the network has, found an empty file; correct it",
        settings: ["classNames"])
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Failure(.invalidData, "\(path): expected UTF-8 text with one class per line, found other bytes; correct it")
    }
    if let names = try? JSONDecoder().decode([String].self, from: data) { return try checked(names, path, count) }
    if let object = try? JSONDecoder().decode([String: String].self, from: data),
      let names = indexed(object.map { "\($0.key) \($0.value)" })
    {
      return try checked(names, path, count)
    }
    var names = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    while names.last?.isEmpty == true { names.removeLast() }
    // A table has a header.
    let rows = names.count == count + 1 && names[0].contains(",") ? Array(names.dropFirst()) : names
    return try checked(indexed(rows) ?? names, path, count)
  }

  /// The names by their indices, where every line has one before or behind the name, and these are all from 0 on.
  private static func indexed(_ lines: [String]) -> [String]? {
    let between: Set<Character> = [" ", "\t", ",", ":", ";", "="]
    func split(_ line: String, atEnd: Bool) -> (index: Int, name: String)? {
      let text = atEnd ? String(line.reversed()) : line
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      let rest = text.dropFirst(digits.count)
      guard !digits.isEmpty, digits.count < 9, rest.first.map(between.contains) == true else { return nil }
      let name = String(rest.drop { between.contains($0) })
      let index = Int(atEnd ? String(digits.reversed()) : String(digits))!
      return name.isEmpty ? nil : (index, atEnd ? String(name.reversed()) : name)
    }
    for atEnd in [false, true] {
      let pairs = lines.compactMap { split($0, atEnd: atEnd) }
      guard pairs.count == lines.count, lines.count > 1, pairs.map(\.index).sorted() == Array(0..<lines.count) else {
        continue
      }
      return pairs.sorted { $0.index < $1.index }.map(\.name)
    }
    return nil
  }

  private static func checked(_ names: [String], _ path: String, _ count: Int) throws -> [String] {
    guard names.count == count else {
      throw Failure(
        .invalidData,
        "\(path): expected \(count) classes, one per line, as the network has, found \(names.count); correct it")
    }
    return names
  }
}
