import ArgumentParser
import DenseNetTasks

/// When a run writes a checkpoint, and whether it resumes from one.
struct CheckpointOptions: ParsableArguments {
  @Option(number: "Write a checkpoint every <n> updates. Default: only at the end of each epoch.")
  var checkpointSteps: Positive?

  @Option(
    number: "Write a checkpoint when <x> minutes have passed since the last. Default: only at the end of each epoch.",
    valueName: "x")
  var checkpointMinutes: PositiveReal?

  @Option(number: "Number of most recent checkpoints to keep.")
  var keepCheckpoints: Positive = Positive(2)

  @Flag(
    help:
      "Resume the run in --output from its newest intact checkpoint, or from the start if it has none yet. Options that are not given are the run's own. A complete run is left unchanged, unless --epochs, --max-steps or --patience asks for more, with another --lr if given."
  )
  var resume = false

  @Flag(help: "With --resume: begin the run in --output again from its first step, and remove its checkpoints.")
  var fromStart = false

  var options: TrainingOptions.CheckpointOptions {
    var options = TrainingOptions.CheckpointOptions()
    change(&options)
    options.kept = keepCheckpoints.value
    return options
  }

  /// Applies what is given, but for the number of checkpoints that stay, which has a default.
  func change(_ options: inout TrainingOptions.CheckpointOptions) {
    if let checkpointSteps { options.everySteps = checkpointSteps.value }
    if let checkpointMinutes { options.everyMinutes = checkpointMinutes.value }
  }
}
