public import DenseNets

/// How a table's file is written: what separates fields, how numbers look, and what stands for a missing value.
public struct TableFormat: Sendable, Equatable, Codable {
  /// The character between the fields of a line. Nil: a comma, or what a first line such as `sep=;` names.
  public var delimiter: String?
  /// The character before a number's decimals.
  public var decimal = "."
  /// The character between groups of three digits, such as the comma of `1,234,567`. Nil: numbers have none. A space
  /// stands for every kind of space, non-breaking ones included.
  public var thousands: String?
  /// Texts that stand for a missing value in addition to ``defaultMissing``.
  public var missing: [String] = []

  public init() {}

  /// The texts that stand for a missing value in every table: the defaults of pandas' `read_csv`.
  public static let defaultMissing: Set<String> = FieldText.missing

  /// - Throws: `Failure(.usage)` where a character is none, or the characters contradict one another.
  public func validate() throws(Failure) {
    let all: [(name: String, setting: Failure.Setting, value: String?)] = [
      ("a delimiter", "delimiter", delimiter), ("a decimal point", "decimal", decimal),
      ("a thousands separator", "thousands", thousands),
    ]
    for (name, setting, value) in all {
      guard let value else { continue }
      let byte = value.utf8.first ?? 0
      let isMark = value.utf8.count == 1 && (byte == 9 || (32..<127).contains(byte))
      let isTaken = "\"0123456789+-eE".utf8.contains(byte) || (setting != "delimiter" && byte == 9)
      guard isMark, !isTaken else {
        throw Failure(
          .usage,
          "\(name): expected one character that is part of no number and no quote, found \"\(printable(value))\"",
          settings: [setting])
      }
    }
    guard decimal != thousands else {
      throw Failure(
        .usage, "expected different characters before decimals and between thousands, found \"\(decimal)\" for both",
        settings: ["decimal", "thousands"])
    }
  }

  /// The byte between fields, where the format names one.
  var delimiterByte: UInt8? { delimiter?.utf8.first }
}
