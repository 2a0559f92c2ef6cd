import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a run's page again, from the files in its folder.",
    discussion: """
      The page shows curves, results and settings and, where the folder has predictions.csv and evaluation.json, which \
      training writes at its end, the confusion matrix, the results per class, the most confident mistakes and the \
      calibration. It is one file that needs no internet connection.
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"), transform: Path.parse)
  var folder: Path

  @Option(
    help: ArgumentHelp("The file to write the page to. Default: report.html in the run's folder.", valueName: "file"),
    transform: Path.parse)
  var output: Path?

  func run() throws {
    let run = RunDirectory(at: folder.url)
    let target = output?.url ?? run.reportURL
    try RunReport(folder: run).writePage(to: target)
    try printResult(target.relativePath)
  }
}
