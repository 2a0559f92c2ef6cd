/// A text that is no number of the table's format but looks like one written otherwise.
enum NumberLook {
  /// With commas, points or other marks in places where the format has none: `1,234`, `3,5`, `1.234,50`, `1'000`.
  case otherMarks
  /// With signs that say what it counts, or in another notation: `12 %`, `$5`, `(3.5)`, `0x1F`, `１２`.
  case otherSigns
  /// A number and the letters of a unit: `12 km`.
  case unit(String)

  /// Nil for texts that are no numbers in any notation, dates and telephone numbers among them.
  init?(_ text: String) {
    guard text.utf8.count <= 40, text.unicodeScalars.contains(where: { $0.properties.numericType == .decimal }) else {
      return nil
    }
    if Self.isHexadecimal(text) {
      self = .otherSigns
      return
    }
    var core = Array(text.unicodeScalars)
    var unit = String.UnicodeScalarView()
    while let last = core.last, last.properties.isAlphabetic { unit.insert(core.removeLast(), at: unit.startIndex) }
    let isSigned = core.first.map(Self.isPlusOrMinus) ?? false
    if isSigned { core.removeFirst() }
    let length = core.count
    if core.first == "(", core.last == ")" { core = Array(core.dropFirst().dropLast()) }
    while let first = core.first, Self.isSign(first) { core.removeFirst() }
    while let last = core.last, Self.isSign(last) { core.removeLast() }
    if let first = core.first, Self.isPlusOrMinus(first), !isSigned { core.removeFirst() }
    guard unit.count <= 6, Self.isNumber(core) else { return nil }
    let hasMarks = core.contains { $0.properties.numericType != .decimal }
    self = !unit.isEmpty ? .unit(String(unit)) : core.count == length && hasMarks ? .otherMarks : .otherSigns
  }

  private static func isPlusOrMinus(_ scalar: Unicode.Scalar) -> Bool { "+-\u{2212}".unicodeScalars.contains(scalar) }

  /// What says what a number counts, or stands around it.
  private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .currencySymbol || "%‰".unicodeScalars.contains(scalar)
      || CellReader.isSpace(scalar)
  }

  private static func isHexadecimal(_ text: String) -> Bool {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    return (digits.hasPrefix("0x") || digits.hasPrefix("0X")) && digits.count > 2
      && digits.dropFirst(2).allSatisfy(\.isHexDigit)
  }

  /// Digits, perhaps in groups of three, and decimals, with a mark at the end or without.
  private static func isNumber(_ scalars: [Unicode.Scalar]) -> Bool {
    let isDigit = { (scalar: Unicode.Scalar) in scalar.properties.numericType == .decimal }
    guard scalars.contains(where: isDigit) else { return false }
    let marks = ",.'’_\u{B7}".unicodeScalars
    guard scalars.allSatisfy({ isDigit($0) || marks.contains($0) || CellReader.isSpace($0) }) else { return false }
    let groups = scalars.split(omittingEmptySubsequences: false) { !isDigit($0) }
    // One mark anywhere; of several, all but the last stand between groups of three: dates and addresses do not.
    if groups.count <= 2 { return true }
    let whole = groups.dropFirst().dropLast()
    let lastIsMark = groups.last!.isEmpty
    return whole.allSatisfy { $0.count == 3 } && (1...3).contains(groups[0].count)
      || (lastIsMark && groups.count == 3)
  }
}
