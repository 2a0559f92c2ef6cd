import ArgumentParser
import DenseNetTasks

/// When a run leaves a checkpoint, and whether it resumes from one.
struct CheckpointOptions: ParsableArguments {
  @Option(number: "Write a checkpoint every <n> updates. Default: at each epoch's end only.")
  var checkpointSteps: Positive?

  @Option(
    number: "Write a checkpoint when <x> minutes have passed since the last. Default: at each epoch's end only.",
    valueName: "x")
  var checkpointMinutes: PositiveReal?

  @Option(number: "Number of most recent checkpoints to keep.")
  var keepCheckpoints: Positive = Positive(2)

  @Flag(
    help:
      "Resume the run in --output: from its newest sound checkpoint, or from the start where it has none. With --output alone, all other options are the run's own; a run that is complete is left as it is."
  )
  var resume = false

  var options: TrainingOptions.CheckpointOptions {
    var options = TrainingOptions.CheckpointOptions()
    (options.everySteps, options.everyMinutes) = (checkpointSteps?.value, checkpointMinutes?.value)
    options.kept = keepCheckpoints.value
    return options
  }
}
