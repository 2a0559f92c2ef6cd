import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

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
    let page = ComparisonPage(comparison.runs)
    if let html { try AtomicFile.write(Data(page.html().utf8), to: html.url) }
    if let svg { try AtomicFile.write(Data(page.svg().utf8), to: svg.url) }
    if json { try printJSON(comparison.report) } else { try printResult(String(page.text().dropLast())) }
  }
}
