import ArgumentParser
import DenseNetData

/// How a table is written; what is not given stays as it was.
struct TableFormatOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The character between fields, or \"tab\". Default: a comma, or what a first line such as \"sep=;\" names.",
      valueName: "c"))
  var delimiter: String?

  @Option(help: ArgumentHelp("The character before the decimals of a number. Default: a point.", valueName: "c"))
  var decimal: String?

  @Option(
    help: ArgumentHelp(
      "The character between groups of three digits in a number, such as the comma of 1,234; a space stands for every kind of space. Default: none.",
      valueName: "c"))
  var thousands: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Texts that stand for missing values, separated by commas, such as \"?,-\"; may be repeated. Default: those of pandas (an empty field, NA, N/A, NaN, null, None and their like), which these are added to.",
      valueName: "markers"))
  var na: [String] = []

  func apply(to format: inout TableFormat) {
    if let delimiter { format.delimiter = ["tab", "\\t"].contains(delimiter.lowercased()) ? "\t" : delimiter }
    if let decimal { format.decimal = decimal }
    if let thousands { format.thousands = thousands }
    format.missing += na.flatMap { $0.split(separator: ",").map(String.init) }
  }
}
