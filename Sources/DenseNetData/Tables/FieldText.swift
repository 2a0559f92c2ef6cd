/// What the text of a field stands for, by the defaults of pandas' `read_csv`.
enum FieldText {
  /// The greatest magnitude that a number may have: the variance of larger ones is infinite.
  static let greatest = 1e100

  static let missing: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
  ]

  /// Whether there is no value.
  static func isMissing(_ text: String) -> Bool { missing.contains(text) }

  /// A decimal number, with spaces around it or without, or an infinity; nil for any other text.
  static func number(_ text: String) -> Double? {
    let trimmed = text.drop { $0 == " " || $0 == "\t" }
    let end = trimmed.lastIndex { $0 != " " && $0 != "\t" }
    guard let end else { return nil }
    let digits = trimmed[...end]
    // Double also reads hexadecimal numbers and payloads of NaN, which a table has as texts.
    let isDecimal = digits.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    let word = digits.drop { $0 == "+" || $0 == "-" }.lowercased()
    guard isDecimal || (digits.count - word.count <= 1 && (word == "inf" || word == "infinity")) else { return nil }
    return Double(digits)
  }
}
