import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// `config.json`: all that a run depends on, and where it ran.
struct RunConfig: Encodable {
  struct Dataset: Encodable {
    let name: String
    let origin: String
    let train_examples: Int
    let test_examples: Int
    let classes: [String]
  }

  let version: String
  let started: String
  let arguments: [String]
  let model: String
  let dataset: Dataset
  let resize: Int
  let epochs: Int
  let batch_size: Int
  let lr: Double
  let optimizer: String
  let precision: String
  let threads: Int
  let instruction_set: String
  let seed: UInt64
  let initialization: String
  let shuffle: Bool
  let max_steps: Int?
  let machine: Machine

  init(_ command: TrainCommand, train: ImageDataset, test: ImageDataset, origin: String, device: Device) {
    version = DenseNetCommand.version
    started = ISO8601DateFormatter().string(from: Date())
    arguments = Array(CommandLine.arguments.dropFirst())
    model = command.model.model.rawValue
    dataset = Dataset(
      name: train.name, origin: origin, train_examples: train.count, test_examples: test.count, classes: train.classNames)
    resize = command.data.resize.value
    epochs = command.epochs.value
    batch_size = command.data.batchSize.value
    lr = command.lr.value
    optimizer = "sgd"
    precision = command.compute.precision.rawValue
    threads = device.threads
    instruction_set = device.instructionSet.rawValue
    seed = command.seed
    initialization = command.initialWeights ?? "xavier-uniform"
    shuffle = !command.noShuffle
    max_steps = command.maxSteps?.value
    machine = .current
  }
}
