import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets

/// What is trained, on what, and how.
struct TrainingOptions: ParsableArguments {
  @OptionGroup(title: "Recipe") var recipe: RecipeOptions
  @OptionGroup(title: "Network") var model: ModelOptions
  @OptionGroup(title: "Images") var data: DataOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions
  @OptionGroup(title: "Fine-tuning") var fineTuning: FineTuningOptions
  @OptionGroup(title: "Computing") var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions

  @Option(number: "Seed of the weights, of the order of images and of their augmentation.")
  var seed: Seed = Seed(0)

  @Option(
    name: [.customLong("init"), .customLong("weights")],
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

  @Option(number: "Use the first <n> training images only. Default: all.")
  var trainLimit: Positive?

  @Flag(help: "No progress on standard error.")
  var quiet = false

  /// What the options name, brought here.
  struct Parts {
    let recipe: Recipe
    let splits: DatasetSplits
    let weights: WeightsFile?
  }

  /// Finds the images and reads the weights.
  func load() async throws -> Parts {
    let weights = try initialWeights.map { try WeightsFile(contentsOf: $0.url) }
    let chosen = try recipe.resolve()
    // Before anything is downloaded.
    _ = try model.choice.resolve(card: weights?.networkCard ?? ModelCard(), otherwise: chosen.model ?? "d2l")
    return Parts(
      recipe: chosen, splits: try await data.load(otherwise: chosen.dataset, quiet: quiet), weights: weights)
  }
}
