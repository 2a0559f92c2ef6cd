import DenseNets
import Foundation

/// How a column of an image table spells its values: numbers as the same ones, whatever wrote them, and what is probably
/// not meant.
enum TableSpelling {
  /// The values with `1.0` as `1`, as pandas writes whole numbers once one is missing, where both spellings occur among
  /// numbers.
  static func plain(_ values: [String]) -> [String] {
    let points = values.count { $0.contains(".") }
    guard points > 0, points < values.count, values.allSatisfy({ Double($0) != nil }) else { return values }
    return values.map { value in
      guard let dot = value.firstIndex(of: "."), dot > value.startIndex,
        case let decimals = value[value.index(after: dot)...], !decimals.isEmpty, decimals.allSatisfy({ $0 == "0" })
      else { return value }
      return String(value[..<dot])
    }
  }

  /// Two values that differ in zeros before a number only, or in capitals; nil: none do.
  static func twins(_ values: [String], ignoringCapitals: Bool) -> (String, String)? {
    var known: [String: String] = [:]
    for value in values {
      let digits = value.drop { $0 == "0" }
      let isNumber = value.allSatisfy { $0.isASCII && $0.isNumber }
      let word = ignoringCapitals ? value.lowercased() : value
      let key = isNumber ? (digits.isEmpty ? "0" : String(digits)) : word
      if let other = known.updateValue(value, forKey: key), other != value { return (other, value) }
    }
    return nil
  }

  /// Warnings about classes that are probably none.
  static func warnings(ofClasses values: [String]) -> [String] {
    let counts = Dictionary(grouping: values, by: { $0 }).mapValues(\.count)
    func named(_ name: String) -> String { "\"\(CSVTable.shown(name))\" (\(counts[name]!) of \(values.count) rows)" }
    var result: [String] = []
    let missing = counts.keys.filter { FieldText.missing.contains($0) }.sorted()
    if !missing.isEmpty {
      result.append(
        "\(missing.map(named).joined(separator: ", ")): taken for a class, though tables write missing values so; "
          + "remove the rows if their class is unknown")
    }
    if Set(counts.keys) == ["-1", "0", "1"] {
      result.append("\(named("-1")): taken for a class of its own beside 0 and 1; remove the rows if it is unknown")
    }
    if let joined = joined(Set(counts.keys), marks: "|;,+&/ ")?.name ?? counts.keys.filter(isList).min() {
      result.append(
        "\(named(joined)): taken for one class, though it seems to be several labels; name what separates them")
    }
    return result
  }

  /// A value that seems to be several, and the mark between them; nil: there is none.
  ///
  /// Marks that names have too, such as a comma or a space, count where each part of a value is a value by itself.
  static func joined(_ values: Set<String>, marks: String) -> (name: String, mark: Character)? {
    for mark in marks {
      let joined = values.filter { $0.contains(mark) }.sorted()
      let parts = joined.map { Set($0.split(separator: mark).map { $0.trimmingCharacters(in: .whitespaces) }) }
      let times = Dictionary(parts.joined().map { ($0, 1) }, uniquingKeysWith: +)
      for (name, parts) in zip(joined, parts) where parts.count > 1 || "|;".contains(mark) {
        let isJoined =
          "|;".contains(mark) ? parts.contains { values.contains($0) || times[$0]! > 1 } : parts.isSubset(of: values)
        if isJoined { return (name, mark) }
      }
    }
    return nil
  }

  /// Whether a text is a list as Python writes it.
  static func isList(_ text: String) -> Bool { text.hasPrefix("[") && text.hasSuffix("]") }

  /// Warnings about labels that are probably several, or none.
  static func warnings(ofLabels names: [String]) -> [String] {
    guard let first = joined(Set(names), marks: "|;,+&/ _-:")?.name ?? names.first(where: isList) else { return [] }
    return ["the label \"\(CSVTable.shown(first))\" seems to be several, separated by something else"]
  }
}
