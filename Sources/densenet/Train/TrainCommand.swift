import ArgumentParser
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network and write a run folder.",
    discussion: """
      With no options: the chapter's DenseNet on Fashion-MNIST at 96×96, 10 epochs, batches of 256, learning rate 0.1, \
      plain SGD. The last two lines on standard output are the chapter's; progress goes to standard error.

      The run folder holds report.html (everything on one page), model.safetensors and best.safetensors (the last \
      weights and those of the best accuracy on the validation images, or on the test images if there are no others, with \
      PyTorch's names), summary.json (results), config.json \
      (settings), metrics.jsonl and metrics.csv (points as they happen), curves.svg (the chapter's plot), \
      predictions.csv and evaluation.json (the prediction for each test image, and the results derived from them), \
      events for TensorBoard, and checkpoints, from which --resume continues.
      """)

  @OptionGroup var training: TrainingArguments
  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Several processes") var ranks: RankOptions

  @Option(number: "Stop after <n> updates in total, then evaluate and write as usual. Default: no limit.")
  var maxSteps: Positive?

  @Option(
    help: ArgumentHelp("The run folder. Default: runs/<model>-<dataset>-<time>.", valueName: "folder"),
    transform: Path.parse)
  var output: Path?

  @Flag(help: "Draw the curves below the progress line, on a terminal.")
  var plot = false

  @Flag(help: "Print the summary as JSON instead of the chapter's two lines.")
  var json = false

  func run() async throws {
    if checkpoints.resume, output == nil {
      throw Failure(.usage, "--resume: expected --output with it, the folder of the run to resume")
    }
    if checkpoints.fromStart, !checkpoints.resume {
      throw Failure(.usage, "--from-start: expected --resume with it")
    }
    let display = TrainingDisplay(quiet: training.quiet, plots: plot)
    do {
      let outcome = try await ranks.run { replicas in
        var task = TrainingTask(try replicas.together { try options() })
        task.replicas = replicas
        return try await task.run(monitor: display.monitor, events: display.events)
      }
      guard let outcome else { return }
      let place = outcome.folder.url.relativePath
      if outcome.wasComplete {
        printError("note: \(place): the run is complete")
      } else if !training.quiet {
        if let best = ClosingLines(outcome.summary).best { printError(best) }
        printError("everything on one page: \(outcome.folder.reportURL.relativePath)")
      }
      let remedy = "the results are in \(place)"
      if json { return try printJSON(outcome.summary, remedy: remedy) }
      try printResult(ClosingLines(outcome.summary).text, remedy: remedy)
    } catch let interruption as TrainingInterruption {
      let place = interruption.folder.url.relativePath
      throw Interruption(description: "\(interruption); resume with densenet train --resume --output \(place)")
    }
  }

  /// The settings that the command line gives, or those of the run that it names.
  private func options() throws -> TrainingOptions {
    if var options = try ResumedRun.options(of: self) {
      options.startsOver = checkpoints.fromStart
      ranks.change(&options)
      return options
    }
    var options = try training.options()
    options.maxSteps = maxSteps?.value
    (options.output, options.resumes, options.startsOver) = (output?.text, checkpoints.resume, checkpoints.fromStart)
    options.checkpoints = checkpoints.options
    options.program = program
    ranks.change(&options)
    return options
  }

  var program: TrainingOptions.ProgramDescription {
    .init(version: PackageVersion.current, arguments: Array(CommandLine.arguments.dropFirst()))
  }
}
