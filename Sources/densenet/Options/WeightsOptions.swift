import ArgumentParser
import DenseNetTasks

/// Which of the weights in a file.
struct EntryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The entry to read from a checkpoint that holds several sets of weights, such as state_dict or model_ema.module. Default: their average (EMA) if there is one, as in timm, else the only one.",
      valueName: "name"))
  var entry: String?
}

extension LoadedNetwork {
  /// Reads weights, and reports on standard error what was chosen and what was left out.
  init(_ weights: Path, _ entry: EntryOptions, _ model: ModelOptions) throws {
    try self.init(weights: weights.text, entry: entry.entry, model: model.choice)
    for note in notes { printError("note: \(note.line(of: nil))") }
  }
}
