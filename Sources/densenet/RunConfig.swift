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
    let testExamples: Int
    let classes: [String]
  }

  let version: String
  let started: String
  let arguments: [String]
  let model: String
  let network: DenseNet.Configuration
  let dataset: Dataset
  let resize: Int
  let preprocessing: Preprocessing
  let augmentation: Augmentation
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

  init(
    _ command: TrainCommand, model chosen: ChosenModel, side: Int, train: any LabeledPictures,
    test: any LabeledPictures,
    preprocessing: Preprocessing, augmentation: Augmentation, origin: String, device: Device
  ) {
    version = DenseNetCommand.version
    started = ISO8601DateFormatter().string(from: Date())
    arguments = Array(CommandLine.arguments.dropFirst())
    (model, network) = (chosen.name, chosen.configuration)
    dataset = Dataset(
      name: train.name, origin: origin, trainExamples: train.count, testExamples: test.count,
      classes: train.classNames)
    resize = side
    (self.preprocessing, self.augmentation) = (preprocessing, augmentation)
    epochs = command.epochs.value
    batchSize = command.data.batchSize.value
    lr = command.lr.value
    optimizer = "sgd"
    precision = command.compute.precision.rawValue
    convolution = command.compute.convolution.rawValue
    memoryEfficient = command.memory.memoryEfficient
    threads = device.threads
    instructionSet = device.instructionSet.rawValue
    seed = command.seed.value
    initialization =
      command.initialWeights?.text ?? (chosen.configuration.naming == .chapter ? "xavier-uniform" : "he-normal")
    shuffle = !command.noShuffle
    maxSteps = command.maxSteps?.value
    machine = .current
  }
}
