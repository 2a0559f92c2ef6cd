import DenseNets

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
      let isNumber = value.allSatisfy { ("0"..."9").contains($0) }
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
    for mark in ["|", ";", ","] {
      let joined = counts.keys.filter { $0.contains(mark) }.sorted()
      // Parts that stand alone or in several of them.
      let parts = joined.flatMap { $0.split(separator: Character(mark)).map(String.init) }
      let times = Dictionary(parts.map { ($0, 1) }, uniquingKeysWith: +)
      let isJoined = times.contains { part, times in counts[part] != nil || times > 1 }
      if isJoined {
        result.append(
          "\(named(joined[0])): taken for one class, though it seems to be several labels; name what separates them")
        break
      }
    }
    return result
  }

  /// Warnings about labels that are probably several, or none.
  static func warnings(ofLabels names: [String]) -> [String] {
    let odd = names.filter { $0.contains { "|;,[]".contains($0) } }
    guard let first = odd.first else { return [] }
    return ["the label \"\(CSVTable.shown(first))\" seems to be several, separated by something else"]
  }
}
