import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare runs: results, curves, and the settings in which they differ.")

  @Argument(help: ArgumentHelp("The folders of the runs to compare.", valueName: "run"), transform: Path.parse)
  var runs: [Path]

  @Flag(help: "Print the comparison as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp("Write a page with the table and the curves of all runs.", valueName: "file"),
    transform: Path.parse)
  var html: Path?

  @Option(
    help: ArgumentHelp("Write an image with the curves of all runs.", valueName: "file"), transform: Path.parse)
  var svg: Path?

  func run() throws {
    let records = try runs.map { try RunRecord(contentsOf: $0.url) }
    let comparison = RunComparison(records)
    try comparison.write(html: html?.url, svg: svg?.url)
    if json { return try printJSON(comparison.report) }
    try printResult(String(ComparisonPage(comparison.runs).text().dropLast()))
  }
}
