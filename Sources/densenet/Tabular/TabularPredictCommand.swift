import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct TabularPredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the rows of a table with the networks of \"densenet tabular train\".",
    discussion: """
      Writes a CSV table of two columns, as the run's submission.csv: the rows' identifiers and the target, each the mean \
      of the predictions by the networks of all folds. The table has the columns of the training table in any order; \
      others, the target among them, are not used. It is read as the training table was, except for what the options say.
      """)

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"), transform: Path.parse)
  var folder: Path

  @Argument(help: ArgumentHelp("The table to predict.", valueName: "table.csv"), transform: Path.parse)
  var table: Path

  @OptionGroup(title: "How the table is written") var format: TableFormatOptions

  @Option(
    help: ArgumentHelp("The file for the predictions. Default: standard output.", valueName: "file"),
    transform: Path.parse)
  var output: Path?

  @Flag(help: "Show no notes on standard error.")
  var quiet = false

  func run() throws {
    if let output { try OutputFile.requireNone(of: [table.url], at: output.url, settings: ["output"]) }
    var task = TabularPredictionTask(run: folder.text, table: table.text)
    task.format = format.apply
    task.device = try Device.cpu(threads: 1)
    let result = try task.predict()
    for warning in result.warnings { printError("warning: \(warning.line(of: self))") }
    if !quiet { for note in result.notes { printError("note: \(note.line(of: self))") } }
    guard let output else { return try printResult(String(result.csv.dropLast())) }
    try AtomicFile.write(Data(result.csv.utf8), to: output.url)
    try printResult("\(TextFormat.count(result.rows, "prediction")) in \(printable(output.text))")
  }
}

extension TabularPredictCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = [
    "categorical": [], "delimiter": ["--delimiter"], "dropped": [], "id": [], "logTarget": [],
  ]
}
