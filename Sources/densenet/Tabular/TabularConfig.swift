import DenseNetData
import DenseNetIO
import DenseNets
import Foundation

/// The `config.json` of `tabular train`: all that a run depends on, and where it ran.
struct TabularConfig: Encodable {
  struct Table: Encodable {
    let train: String
    let test: String?
    let target: String
    let logTarget: Bool
    let id: String?
    let columns: [TableSchema.Column]
    let dropped: [TableSchema.Dropped]
  }

  let version: String
  let started: String
  let arguments: [String]
  let model: String
  let table: Table
  let clip: Double
  let folds: Int
  let layers: Int
  let growthRate: Int
  let dropout: Double
  let epochs: Int
  let batchSize: Int
  let optimizer: String
  let schedule: String
  let lr: Double
  let weightDecay: Double
  let threads: Int
  let instructionSet: String
  let seed: UInt64
  let machine: Machine

  init(_ command: TabularTrainCommand, _ tables: TabularTables, epochs: Int, device: Device) {
    version = DenseNetCommand.version
    started = ISO8601DateFormatter().string(from: Date())
    arguments = Array(CommandLine.arguments.dropFirst())
    model = command.model.rawValue
    table = Table(
      train: command.train.text, test: command.test?.text, target: command.target,
      logTarget: tables.target.isLogarithm, id: command.id, columns: tables.schema.columns,
      dropped: tables.schema.dropped + command.drop.map { TableSchema.Dropped(name: $0, reason: "named by --drop") })
    folds = tables.folds.count
    (layers, growthRate, dropout) = (command.layers.value, command.growthRate.value, command.dropout.value)
    self.epochs = epochs
    (clip, batchSize) = (command.clip.value, command.batchSize.value)
    (optimizer, schedule) = ("adamw", "cosine")
    (lr, weightDecay) = (command.lr.value, command.weightDecay.value)
    threads = device.threads
    instructionSet = device.instructionSet.rawValue
    seed = command.seed.value
    machine = .current
  }
}
