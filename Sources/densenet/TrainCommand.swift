import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNets
import Foundation

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network and leave a run folder.",
    discussion: """
      With no options: the chapter's DenseNet on Fashion-MNIST at 96×96, 10 epochs, batches of 256, learning rate 0.1, \
      plain SGD. The last two lines on standard output are the chapter's; progress goes to standard error.

      The run folder holds config.json (settings), metrics.jsonl (points as they happen), curves.svg (the chapter's \
      plot), model.safetensors (weights, by PyTorch's names) and summary.json (results).
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var augmentation: AugmentationOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions

  @Option(number: "Passes over the training images.")
  var epochs: Positive = Positive(10)

  @Option(number: "Learning rate of SGD.", valueName: "x")
  var lr: PositiveReal = PositiveReal(0.1)

  @Option(number: "Seed of the weights and of the order of images.")
  var seed: Seed = Seed(0)

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Start from these weights, running statistics included: safetensors, a PyTorch checkpoint, or a folder. Default: random weights from the seed, Xavier-uniform for d2l, He-normal for the others.",
      valueName: "file"), transform: Path.parse)
  var initialWeights: Path?

  @Option(
    number:
      "With --init: the dataset's classes, for a new, untrained classifier where the weights' is for others. Default: such weights are refused."
  )
  var numClasses: Positive?

  @Flag(help: "Keep the file's order of images in every epoch. Default: a new order each epoch, from the seed.")
  var noShuffle = false

  @Option(number: "Stop after <n> updates in all; then evaluate and write as usual. Default: no limit.")
  var maxSteps: Positive?

  @Option(number: "Use the first <n> training images only. Default: all.")
  var trainLimit: Positive?

  @Option(
    help: ArgumentHelp("The run folder. Default: runs/<model>-<dataset>-<time>.", valueName: "folder"),
    transform: Path.parse)
  var output: Path?

  @Flag(help: "Print the summary as JSON instead of the chapter's two lines.")
  var json = false

  @Flag(help: "No progress on standard error.")
  var quiet = false

  func run() async throws {
    let device = try compute.device()
    let weights = try initialWeights.map { try WeightsFile(contentsOf: $0.url) }
    _ = try model.resolve(metadata: weights?.networkMetadata ?? [:])  // before anything is downloaded
    let splits = try await data.load(quiet: quiet)
    try Device.$current.withValue(device) {
      try TrainingRun(command: self, splits: splits, initialWeights: weights, device: device).run()
    }
  }
}
