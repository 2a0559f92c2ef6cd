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
      "Resume the run in --output from its newest intact checkpoint, or from the start if it has none. With --output alone, all other options are the run's own; a complete run is left unchanged."
  )
  var resume = false

  var options: TrainingOptions.CheckpointOptions {
    var options = TrainingOptions.CheckpointOptions()
    (options.everySteps, options.everyMinutes) = (checkpointSteps?.value, checkpointMinutes?.value)
    options.kept = keepCheckpoints.value
    return options
  }
}
