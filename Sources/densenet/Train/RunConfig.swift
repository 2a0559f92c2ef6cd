import DenseNetData
import DenseNetIO
import DenseNetTasks
import DenseNets
import Foundation

/// `config.json`: all that a run depends on, and where it ran.
struct RunConfig: Encodable {
  struct Dataset: Encodable {
    let name: String
    let origin: String
    let trainExamples: Int
    let testExamples: Int
    let classes: [String]
  }

  let version: String
  let started: String
  let arguments: [String]
  /// Where it was begun, that its arguments' paths are told from.
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
  /// Every setting that the weights depend on, by name.
  let course: [String: String]

  init(_ setup: TrainingSetup, arguments: [String]) {
    let options = setup.options
    version = DenseNetCommand.version
    started = ISO8601DateFormatter().string(from: Date())
    self.arguments = arguments
    workingFolder = FileManager.default.currentDirectoryPath
    (model, network) = (setup.chosen.name, setup.chosen.configuration)
    dataset = Dataset(
      name: setup.train.name, origin: setup.origin, trainExamples: setup.train.count, testExamples: setup.test.count,
      classes: setup.train.classNames)
    (resize, preprocessing, recipe) = (setup.side, setup.preprocessing, setup.recipe)
    (epochs, batchSize, lr) = (recipe.epochs, recipe.batchSize, recipe.lr)
    optimizer = recipe.optimizer.rawValue
    precision = options.compute.precision.rawValue
    convolution = options.compute.convolution.rawValue
    memoryEfficient = options.memory.memoryEfficient
    threads = setup.device.threads
    instructionSet = setup.device.instructionSet.rawValue
    seed = options.seed.value
    initialization =
      options.initialWeights?.text ?? (setup.chosen.configuration.naming == .chapter ? "xavier-uniform" : "he-normal")
    shuffle = !options.noShuffle
    maxSteps = setup.maxSteps
    machine = .current
    course = setup.course.flattened
  }
}
