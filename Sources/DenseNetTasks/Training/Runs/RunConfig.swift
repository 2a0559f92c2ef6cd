import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// `config.json`: all that a run depends on, and where it ran.
struct RunConfig: Encodable {
  struct Dataset: Encodable {
    let name: String
    let origin: String
    let trainExamples: Int
    /// Nil where there are two parts.
    let validationExamples: Int?
    let testExamples: Int
    let classes: [String]
  }

  /// What resuming needs that the resolved settings do not say.
  struct Choices: Codable {
    /// As ``DatasetChoice/text``, relative to the working folder.
    var dataset: String?
    var dataDirectory: String?
    var testShare: Double?
    var validationShare: Double?
    var splitSeed: UInt64?
    /// Nil: a table's usual ones.
    var columns: TableColumns?
    var trainLimit: Int?
    var testLimit: Int?
    /// How limits choose; nil: the first images, as in versions up to 0.1.0.
    var limitRule: String?
    /// The part of a checkpoint that the run began with; nil: the usual one.
    var entry: String?
    /// Nil: one per core.
    var threads: Int?
    /// Updates and minutes between two checkpoints; nil: none.
    var checkpointSteps: Int?
    var checkpointMinutes: Double?
    /// Nil: as many as usual.
    var keptCheckpoints: Int?

    /// - Parameter name: of the dataset, where a recipe or the finder chose it.
    init(_ options: TrainingOptions, dataset name: String) {
      dataset = options.dataset.text ?? name
      dataDirectory = options.dataset.directory
      (testShare, validationShare) = (options.dataset.testShare, options.dataset.validationShare)
      (trainLimit, testLimit) = (options.trainLimit, options.testLimit)
      limitRule = options.limitsTakeTheFirst ? nil : "stratified"
      splitSeed = options.dataset.splitSeed == 0 ? nil : options.dataset.splitSeed
      columns = options.dataset.columns == TableColumns() ? nil : options.dataset.columns
      (entry, threads) = (options.initialEntry, options.compute.threads)
      (checkpointSteps, checkpointMinutes) = (options.checkpoints.everySteps, options.checkpoints.everyMinutes)
      keptCheckpoints = options.checkpoints.kept == Self.usualCheckpoints ? nil : options.checkpoints.kept
    }

    private static let usualCheckpoints = TrainingOptions.CheckpointOptions().kept

    /// When checkpoints are written, and how many stay.
    var checkpoints: TrainingOptions.CheckpointOptions {
      var options = TrainingOptions.CheckpointOptions()
      (options.everySteps, options.everyMinutes) = (checkpointSteps, checkpointMinutes)
      options.kept = keptCheckpoints ?? Self.usualCheckpoints
      return options
    }
  }

  let version: String?
  let started: String
  let arguments: [String]?
  /// Where it was begun, that its paths are told from.
  let workingFolder: String
  let model: String
  let network: DenseNet.Configuration
  let dataset: Dataset
  let resize: Int
  let preprocessing: Preprocessing
  let recipe: Recipe
  let epochs: Int
  let batchSize: Int
  let lr: Double
  let optimizer: String
  let precision: String
  let convolution: String
  let memoryEfficient: Bool
  let threads: Int
  let instructionSet: String
  let seed: UInt64
  let initialization: String
  let shuffle: Bool
  let maxSteps: Int?
  let machine: Machine
  /// ``RunFingerprint/settings``.
  let course: [String: String]
  let choices: Choices
  /// Each other length that the run was given when it was resumed, such as `after step 40: recipe.epochs 10 → 20`.
  let planChanges: [String]?
  /// The command lines that gave the run these, or other checkpoints, when it was resumed.
  let resumedArguments: [[String]]?

  /// - Parameters:
  ///   - saved: the run as it was begun, where it is resumed with other settings.
  ///   - change: of its length.
  init(_ setup: TrainingSetup, saved: SavedRun? = nil, change: String? = nil) {
    let options = setup.options
    version = options.program?.version
    arguments = saved?.arguments ?? options.program?.arguments
    started = saved?.started ?? ISO8601DateFormatter().string(from: Date())
    let changes = (saved?.planChanges ?? []) + [change].compactMap(\.self)
    planChanges = changes.isEmpty ? nil : changes
    let resumed = saved.map { $0.resumedArguments + [options.program?.arguments].compactMap(\.self) } ?? []
    resumedArguments = resumed.isEmpty ? nil : resumed
    workingFolder = FileManager.default.currentDirectoryPath
    (model, network) = (setup.chosen.name, setup.chosen.configuration)
    dataset = Dataset(
      name: setup.train.name, origin: setup.origin, trainExamples: setup.train.count,
      validationExamples: setup.validation?.count, testExamples: setup.test.count,
      classes: setup.train.classNames)
    (resize, preprocessing, recipe) = (setup.side, setup.preprocessing, setup.recipe)
    (epochs, batchSize, lr) = (recipe.epochs, recipe.batchSize, recipe.lr)
    optimizer = recipe.optimizer.rawValue
    precision = options.compute.precision.rawValue
    convolution = options.compute.convolution.rawValue
    memoryEfficient = options.compute.memoryEfficient
    threads = setup.device.threads
    instructionSet = setup.device.instructionSet.rawValue
    seed = options.seed
    initialization =
      options.initialWeights ?? (setup.chosen.configuration.naming == .chapter ? "xavier-uniform" : "he-normal")
    shuffle = options.shuffles
    maxSteps = options.maxSteps
    machine = .current
    course = setup.fingerprint.settings
    choices = Choices(options, dataset: setup.train.name)
  }
}

extension TrainingOptions {
  /// - Parameter name: of the dataset, where a recipe or the finder chose it.
  func choices(dataset name: String) -> RunConfig.Choices { RunConfig.Choices(self, dataset: name) }

  /// Whether checkpoints are to be written or kept otherwise than the run says. Versions up to 0.1.0 did not say it.
  func changesCheckpoints(of run: SavedRun) -> Bool { run.choices.map { $0.checkpoints != checkpoints } ?? false }
}
