import ArgumentParser
import DenseNetIO
import DenseNets
import Foundation

/// What `--resume` finds in the folder of a run.
enum ResumedRun {
  /// Whether the run has come to its end; then its results are printed once more.
  static func isComplete(_ output: Path, json: Bool) throws -> Bool {
    let folder = RunDirectory(at: output.url)
    guard FileManager.default.fileExists(atPath: folder.summaryURL.path) else { return false }
    let record = try RunRecord(contentsOf: output.url)
    guard let summary = record.summary else { return false }
    printError("note: \(output.text): the run is complete")
    try ClosingLines(summary).print(json: json, place: output.text)
    return true
  }

  /// The command to run: that of the run in the folder, where nothing but its folder was named.
  static func command(_ command: TrainCommand) throws -> TrainCommand {
    guard command.checkpoints.resume, let output = command.output,
      namesOnlyTheRun(CommandLine.arguments.dropFirst(2)),
      let config = try RunStart.config(of: RunDirectory(at: output.url)), config.arguments.first == "train"
    else { return command }
    var original: TrainCommand
    do { original = try TrainCommand.parse(Array(config.arguments.dropFirst())) } catch {
      throw Failure(
        .invalidData,
        "\(output.text): its config.json holds no command of this version; give --resume the options of the run")
    }
    original.checkpoints = command.checkpoints
    original.output = output
    original.plot = command.plot
    (original.json, original.training.quiet) = (command.json, command.training.quiet)
    if let threads = command.training.compute.threads { original.training.compute.threads = threads }
    if let folder = command.training.data.dataDir { original.training.data.dataDir = folder }
    return original
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
