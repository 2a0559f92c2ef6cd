import ArgumentParser
import DenseNetIO
import DenseNets
import Foundation

/// What `--resume` finds in the folder of a run.
enum ResumedRun {
  /// Whether the run has come to its end and left all its files; then its results are printed once more.
  /// - Throws: `Failure(.invalidData)` where it is another run, with the difference named.
  static func isComplete(_ output: Path, _ setup: TrainingSetup, json: Bool) throws -> Bool {
    let folder = RunDirectory(at: output.url)
    let last = [folder.weightsURL, folder.summaryURL, folder.evaluationURL, folder.reportURL]
    guard last.allSatisfy({ FileManager.default.fileExists(atPath: $0.path) }) else { return false }
    try RunStart.requireSameCourse(folder, setup)
    let record = try RunRecord(contentsOf: output.url)
    guard let summary = record.summary else { return false }
    printError("note: \(output.text): the run is complete")
    try ClosingLines(summary).print(json: json, place: output.text)
    return true
  }

  /// The command to run: that of the run in the folder, where nothing but its folder was named.
  static func command(_ command: TrainCommand) throws -> TrainCommand {
    guard command.checkpoints.resume, let output = command.output, namesOnlyTheRun(CommandLine.arguments.dropFirst(2))
    else { return command }
    guard let config = try RunStart.config(of: RunDirectory(at: output.url)), config.arguments.first == "train" else {
      throw Failure(
        .missingInput,
        "\(output.text): expected the folder of a run to go on with, found none; check --output, or give the options of a new run with it"
      )
    }
    var original: TrainCommand
    do { original = try TrainCommand.parse(Array(config.arguments.dropFirst())) } catch {
      throw Failure(
        .invalidData,
        "\(output.text): its config.json holds no command of this version; give --resume the options of the run")
    }
    // Named from here, before the run's own place is entered.
    let dataDir = command.training.data.dataDir.map { Path(text: $0.url.path) }
    original.checkpoints = command.checkpoints
    original.output = enter(config.workingFolder, output)
    original.plot = command.plot
    (original.json, original.training.quiet) = (command.json, command.training.quiet)
    if let threads = command.training.compute.threads { original.training.compute.threads = threads }
    if let dataDir { original.training.data.dataDir = dataDir }
    return original
  }

  /// Goes where the run was begun, so that the paths of its options hold.
  /// - Returns: the run's folder as it is called there.
  private static func enter(_ folder: String?, _ output: Path) -> Path {
    let files = FileManager.default
    guard let folder, folder != files.currentDirectoryPath else { return output }
    let absolute = Path(text: output.url.path)
    return files.changeCurrentDirectoryPath(folder) ? absolute : output
  }

  /// Options that do not change a run's course, and how many words follow each.
  private static let harmless = [
    "--resume": 0, "--plot": 0, "--quiet": 0, "--json": 0, "--output": 1, "--threads": 1, "--checkpoint-steps": 1,
    "--checkpoint-minutes": 1, "--keep-checkpoints": 1, "--data-dir": 1,
  ]

  private static func namesOnlyTheRun(_ arguments: some Sequence<String>) -> Bool {
    var words = 0
    for argument in arguments {
      if words > 0 {
        words -= 1
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let following = harmless[String(parts[0])] else { return false }
      words = parts.count == 1 ? following : 0
    }
    return true
  }
}
