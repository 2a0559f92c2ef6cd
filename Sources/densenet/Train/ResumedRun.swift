import ArgumentParser
import DenseNetTasks
import DenseNets
import Foundation

/// The run that `--resume` names where only its folder is given.
enum ResumedRun {
  /// The run's own settings; nil where the command line gives settings.
  static func options(of command: TrainCommand) throws -> TrainingOptions? {
    guard command.checkpoints.resume, let output = command.output, namesOnlyTheRun(CommandLine.arguments.dropFirst(2))
    else { return nil }
    guard let saved = try SavedRun(contentsOf: output.url) else {
      throw Failure(
        .missingInput,
        "\(output.text): expected the folder of a run to resume, found none; check --output, or give the options of a new run with it"
      )
    }
    // Named from here, before the run's own place is entered.
    let dataDir = command.training.data.dataDir?.url.path
    let place = enter(saved.workingFolder, output)
    let old = saved.namesDataset ? nil : OldArguments(saved.arguments)
    var options = try saved.options(dataset: old?.dataset)
    options.output = place.text
    options.checkpoints = command.checkpoints.options
    if let old { options.compute.threads = old.threads }
    if let threads = try command.training.compute.options().threads { options.compute.threads = threads }
    if let dataDir { options.dataset.directory = dataDir }
    return options
  }

  /// Goes where the run was begun, so that its paths hold.
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

/// Settings that runs up to version 0.1.0 do not record, taken from the command line that began them.
struct OldArguments {
  private let values: [String: String]

  /// - Parameter arguments: of a command line that was understood once.
  init(_ arguments: [String]) {
    let known: Set = ["--dataset", "--data-dir", "--val-share", "--split-seed", "--threads"]
    var values: [String: String] = [:]
    for (index, argument) in arguments.enumerated() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard known.contains(parts[0]) else { continue }
      if parts.count == 2 {
        values[parts[0]] = parts[1]
      } else if index + 1 < arguments.count {
        values[parts[0]] = arguments[index + 1]
      }
    }
    self.values = values
  }

  var dataset: DatasetChoice {
    var choice = values["--dataset"].map { DatasetChoice($0) } ?? DatasetChoice()
    choice.directory = values["--data-dir"]
    choice.testShare = values["--val-share"].flatMap(Double.init)
    choice.splitSeed = values["--split-seed"].flatMap(UInt64.init) ?? 0
    return choice
  }

  var threads: Int? { values["--threads"].flatMap(Int.init) }
}
