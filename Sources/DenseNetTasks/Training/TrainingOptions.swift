import DenseNetData
import DenseNetIO
public import DenseNets
import Foundation

/// What is trained, on what, how, and where the results go. The defaults are the chapter's run, and those of
/// `densenet train`.
///
/// ```swift
/// var options = TrainingOptions(dataset: .folder("photos"))
/// options.model = "densenet-bc-40-12"
/// options.recipe.epochs = 2
/// options.output = "runs/photos"
/// ```
public struct TrainingOptions: Sendable {
  public var dataset: DatasetChoice
  /// How many of the training images are used, nil: all. The first ones; of images in files, which are sorted by class, as
  /// large a part of each class, chosen by the dataset's `splitSeed`.
  public var trainLimit: Int?
  /// The same for the test images, and for those for validation.
  public var testLimit: Int?
  /// Whether the first ones are used of all images, as in versions up to 0.1.0.
  package var limitsTakeTheFirst = false
  /// How images become the network's input.
  public var images = ImageOptions()

  /// Nil as its name: what the initial weights say, else what the recipe is for, else the chapter's network. Channels and
  /// classes are the images'.
  public var model = ModelChoice()
  /// The network itself, in place of what ``model`` chooses.
  package var network: ChosenModel?
  /// How the network learns, augmentation included.
  public var recipe = Recipe.d2l
  /// Stops after so many updates in all, then tests and writes as usual; nil: no limit.
  public var maxSteps: Int?

  /// The path of the weights to begin with: safetensors, a PyTorch checkpoint, or a folder. Nil: random ones, from the
  /// seed.
  public var initialWeights: String?
  /// The part of a checkpoint to begin with, its keys joined by dots; nil: the usual one, see `WeightsReader`.
  public var initialEntry: String?
  /// The dataset's classes, for a new, untrained classifier where the one of ``initialWeights`` is for others; nil: such
  /// weights are refused.
  public var numClasses: Int?
  public var fineTuning = FineTuningOptions()

  public var compute = ComputeOptions()
  /// Whose values batch norms are computed from, where several processes train the network.
  public var batchNorm = BatchNormStatistics.synchronized
  /// Of the weights, of the order of images and of their augmentation.
  public var seed: UInt64 = 0
  /// Whether each epoch has an order of its own; else it is the files'.
  public var shuffles = true

  /// The run's folder, which must not hold a run unless ``resumes``. Nil: `runs/<model>-<dataset>-<time>`.
  public var output: String?
  public var checkpoints = CheckpointOptions()
  /// Whether to resume the run in ``output``: from its newest sound checkpoint, or from the start where it has none. The
  /// settings must be those of the run; ``init(resuming:dataset:)`` reads them.
  public var resumes = false
  /// Whether a run that is resumed begins again from its first step, whatever checkpoints there are.
  public var startsOver = false
  /// What `config.json` says of the program that trains.
  public var program: ProgramDescription?

  public init(dataset: DatasetChoice = DatasetChoice()) { self.dataset = dataset }

  /// Passes over the training images: the recipe's.
  public var epochs: Int {
    get { recipe.epochs }
    set { recipe.epochs = newValue }
  }

  /// Images per batch: the recipe's.
  public var batchSize: Int {
    get { recipe.batchSize }
    set { recipe.batchSize = newValue }
  }
}

extension TrainingOptions {
  /// What of a network that comes with weights is trained further, and how.
  public struct FineTuningOptions: Sendable, Equatable {
    /// What stays unchanged; nil: nothing.
    public var freeze: FrozenPart?
    /// Whether batch norms keep their statistics, weights and biases.
    public var freezeNorm = false
    /// The learning rate of all but the classifier, in units of the recipe's.
    public var featuresLearningRateScale = 1.0

    public init() {}
  }

  /// What the work is done with. But for the threads, all of it changes the weights' last bits.
  public struct ComputeOptions: Sendable, Equatable {
    /// Nil: one per core. At most 1,024.
    public var threads: Int?
    /// What maps hold.
    public var precision = Precision.fp32
    /// How 3×3 convolutions of dense layers are computed.
    public var convolution = ConvolutionChoice.automatic
    /// Nil: what `DENSENET_ISA` names, else the best that the machine has.
    public var instructionSet: InstructionSet?
    /// Whether the backward pass computes again what need not be kept. Results are the same to the bit.
    public var memoryEfficient = false

    public init() {}

    /// - Throws: `Failure(.usage)` where the machine has no such instruction set, or there are too many threads.
    public func device() throws -> Device {
      if let threads, threads > 1024 {
        throw Failure(.usage, "threads: expected at most 1024, found \(threads)", settings: ["threads"])
      }
      return try Device.cpu(
        threads: threads, instructionSet: instructionSet, convolution: convolution, precision: precision)
    }
  }

  /// When a run writes a checkpoint, in addition to the end of each epoch.
  public struct CheckpointOptions: Sendable, Equatable {
    /// Updates between two; nil: none.
    public var everySteps: Int?
    /// Minutes between two; nil: none.
    public var everyMinutes: Double?
    /// How many stay, the newest ones.
    public var kept = 2

    public init() {}
  }

  /// What `config.json` says of the program that trains, for a person to read.
  public struct ProgramDescription: Sendable, Equatable {
    public var version: String
    /// Its command line, without the program's own name.
    public var arguments: [String]

    public init(version: String, arguments: [String]) { (self.version, self.arguments) = (version, arguments) }
  }
}

extension ModelChoice: ExpressibleByStringLiteral {
  /// A name such as `d2l`, `densenet121` or `densenet-bc-100-12`, or the path of a JSON file with a configuration.
  public init(stringLiteral name: String) { self.init(name) }
}

// MARK: - Checking

extension TrainingOptions {
  /// - Throws: `Failure(.usage)` that names the first setting which makes no sense.
  func validate() throws(Failure) {
    try recipe.validate()
    try recipe.validate(for: dataset.columns)
    if !resumesRun, recipe.schedule.warmupEpochs > Double(recipe.epochs) {
      throw Failure(
        .usage,
        "warm-up: expected at most the run's \(recipe.epochs) epoch\(recipe.epochs == 1 ? "" : "s"), found \(recipe.schedule.warmupEpochs)",
        settings: ["warmupEpochs", "epochs"])
    }
    if let size = images.size, let last = recipe.progressive?.last, size != last {
      throw Failure(
        .usage, "imageSize: expected \(last) pixels, the last of the progressive sizes, found \(size); leave it out",
        settings: ["imageSize", "progressive"])
    }
    guard initialEntry == nil || initialWeights != nil else {
      throw Failure(
        .usage, "entry: expected the weights to begin with, whose entry it is, found none; name them",
        settings: ["entry", "initialWeights"])
    }
    try Failure.requirePositive(trainLimit, "trainLimit")
    try Failure.requirePositive(testLimit, "testLimit")
    try Failure.requirePositive(maxSteps, "maxSteps")
    try Failure.requirePositive(numClasses, "numClasses")
    try Failure.requirePositive(checkpoints.everySteps, "checkpointSteps")
    try Failure.requirePositive(checkpoints.kept, "keptCheckpoints")
    if let minutes = checkpoints.everyMinutes, !(minutes > 0) {
      throw Failure(
        .usage, "checkpointMinutes: expected more than 0, found \(minutes)", settings: ["checkpointMinutes"])
    }
    let scale = fineTuning.featuresLearningRateScale
    guard scale >= 0, scale.isFinite else {
      throw Failure(
        .usage, "featuresLearningRateScale: expected a number from 0, found \(scale)",
        settings: ["featuresLearningRateScale"])
    }
  }

  /// Whether there is a run to resume, which was checked when it began.
  private var resumesRun: Bool {
    guard resumes, let output else { return false }
    return FileManager.default.fileExists(atPath: RunDirectory(at: URL(fileURLWithPath: output)).configURL.path)
  }
}
