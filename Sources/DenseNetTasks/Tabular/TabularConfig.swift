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
    let format: TableFormat
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

  init(_ options: TabularOptions, _ tables: TabularTables, epochs: Int, device: Device) {
    version = options.program.version
    started = ISO8601DateFormatter().string(from: Date())
    arguments = options.program.arguments
    model = options.model.rawValue
    table = Table(
      train: options.train, test: options.test, target: options.target,
      logTarget: tables.target.isLogarithm, id: options.id, format: options.format, columns: tables.schema.columns,
      dropped: tables.schema.dropped + options.dropped.map { .init(name: $0, reason: options.dropReason) })
    folds = tables.folds.count
    (layers, growthRate, dropout) = (options.layers, options.growthRate, options.dropout)
    self.epochs = epochs
    (clip, batchSize) = (options.clip, options.batchSize)
    (optimizer, schedule) = ("adamw", "cosine")
    (lr, weightDecay) = (options.learningRate, options.weightDecay)
    threads = device.threads
    instructionSet = device.instructionSet.rawValue
    seed = options.seed
    machine = .current
  }
}
