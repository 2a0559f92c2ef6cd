import ArgumentParser
import DenseNetTasks
import DenseNets

/// What is trained, on what, and how.
struct TrainingArguments: ParsableArguments {
  @OptionGroup(title: "Recipe") var recipe: RecipeOptions
  @OptionGroup(title: "Network") var model: ModelOptions
  @OptionGroup(title: "Images") var data: DataOptions
  @OptionGroup(title: "Several labels per image") var labels: LabelOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions
  @OptionGroup(title: "Fine-tuning") var fineTuning: FineTuningOptions
  @OptionGroup(title: "Computing") var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions

  @Option(number: "Seed for the weights, the order of images and their augmentation.")
  var seed: Seed = Seed(0)

  @Option(
    name: [.customLong("init"), .customLong("weights")],
    help: ArgumentHelp(
      "Start from these weights, running statistics included: safetensors, a PyTorch checkpoint, an ONNX model, or a folder. The two names mean the same; other commands have --weights. Default: random weights from the seed, Xavier-uniform for d2l, He-normal for the others.",
      valueName: "file"), transform: Path.parse)
  var initialWeights: Path?

  @OptionGroup var entry: EntryOptions

  @Option(
    number:
      "With --weights: the dataset's number of classes, for a new, untrained classifier where the weights have another number. Default: such weights are refused."
  )
  var numClasses: Positive?

  @Flag(help: "Keep the images in file order in every epoch. Default: a new order each epoch, from the seed.")
  var noShuffle = false

  @Option(
    number:
      "Use only <n> training images: the first ones; of folder: and csv:, the same share of each class, chosen by --split-seed. Default: all."
  )
  var trainLimit: Positive?

  @Flag(help: "Show no progress on standard error.")
  var quiet = false

  /// The settings that the options give.
  /// - Throws: `Failure(.usage)` for options that exclude each other.
  func options() throws -> TrainingOptions {
    var options = TrainingOptions(dataset: data.choice)
    options.recipe = try recipe.resolve()
    labels.change(&options.recipe)
    augmentation.change(&options.recipe.augmentation)
    options.images = augmentation.images
    options.images.size = data.resize?.value
    options.model = model.choice
    options.fineTuning = fineTuning.options
    options.compute = try compute.options()
    options.compute.memoryEfficient = memory.memoryEfficient
    (options.seed, options.shuffles) = (seed.value, !noShuffle)
    (options.initialWeights, options.numClasses) = (initialWeights?.text, numClasses?.value)
    options.initialEntry = entry.entry
    (options.trainLimit, options.testLimit) = (trainLimit?.value, data.testLimit?.value)
    return options
  }
}

extension ComputeOptions {
  func options() throws -> TrainingOptions.ComputeOptions {
    try on.threads?.require(atMost: 1024, "--threads")
    var options = TrainingOptions.ComputeOptions()
    options.threads = on.threads?.value
    (options.precision, options.convolution) = (precision.precision, on.convolution.choice)
    return options
  }
}
