import DenseNetData
import DenseNetReports
import DenseNetTasks
import DenseNets

/// One of a run's networks.
struct TabularNetwork {
  static let usualEpochs = 20
  static let leastSteps = 400

  let model: any Layer
  let seed: UInt64

  /// The passes over so many training rows.
  static func epochs(_ command: TabularTrainCommand, rows: Int) -> Int {
    if let epochs = command.epochs { return epochs.value }
    let stepsPerEpoch = (rows - 1) / command.batchSize.value + 1
    return max(usualEpochs, (leastSteps - 1) / stepsPerEpoch + 1)
  }

  /// The seed of a fold's network.
  static func seed(run: UInt64, fold: Int) -> UInt64 {
    var random = RandomSource(seed: run)
    for _ in 0..<fold { _ = random.next() }
    return random.next()
  }

  /// The network for so many features.
  /// - Throws: `Failure(.usage)` where an option is out of range.
  static func configuration(_ command: TabularTrainCommand, features: Int) throws -> DenseMLP.Configuration {
    let configuration = DenseMLP.Configuration(
      inputFeatures: features, growthRate: command.growthRate.value, layers: command.layers.value,
      dropRate: command.dropout.value)
    try configuration.validate()
    return configuration
  }

  /// The learned values of a network.
  static func parameterCount(_ command: TabularTrainCommand, features: Int) throws -> Int {
    let configuration = try configuration(command, features: features)
    switch command.model {
    case .denseMLP: return configuration.parameterCount
    case .mlp: return configuration.plainParameterCount
    }
  }

  /// - Throws: `Failure(.usage)` where the networks of all folds, of which each keeps weights and gradients, and the two
  ///   moments of the one in training do not fit into memory.
  static func requireMemory(_ command: TabularTrainCommand, features: Int, memory: Int) throws {
    let count = Double(try parameterCount(command, features: features))
    let bytes = count * Double(2 * command.folds.value + 2) * Double(MemoryLayout<Float>.size)
    guard bytes <= Double(memory) else {
      throw Failure(
        .usage,
        "--growth-rate \(command.growthRate) with --layers \(command.layers): \(command.folds) networks need \(TextFormat.bytes(Int(min(bytes, 0x1p62)))) of memory, this machine has \(TextFormat.bytes(memory)); choose smaller ones"
      )
    }
  }

  init(_ command: TabularTrainCommand, features: Int, seed: UInt64) throws {
    let configuration = try Self.configuration(command, features: features)
    switch command.model {
    case .denseMLP: model = DenseMLP(configuration, initialization: nil)
    case .mlp: model = DenseMLP.plain(configuration, initialization: nil)
    }
    self.seed = seed
    model.initialize(.pytorch, seed: seed)
  }

  /// - Parameters:
  ///   - inputs: `[N, features]`.
  ///   - targets: `[N, 1]`, standardised.
  /// - Throws: `Failure` where training diverges, `Interruption` where the user stops it.
  func train(
    _ inputs: Tensor, _ targets: Tensor, _ command: TabularTrainCommand, epochs: Int, progress: ProgressBar
  ) throws {
    let trainer = RegressionTrainer(
      model: model,
      optimizer: AdamW(model, learningRate: command.lr.value, weightDecay: command.weightDecay.value),
      schedule: LearningRateSchedule(.cosine(minimum: 0)))
    let rows = inputs.shape[0]
    try trainer.fit(
      inputs: inputs, targets: targets, epochs: epochs, batchSize: command.batchSize.value,
      order: { EpochOrder.shuffled(count: rows, seed: seed, epoch: $0) },
      onEpoch: { event in
        progress.update(completed: event.epoch * rows, detail: "loss \(TextFormat.fixed(event.loss, decimals: 4))")
        return !Interrupts.requested
      })
    if Interrupts.requested { throw Interruption(description: "interrupted") }
  }
}

/// The network of a fold, and how it sees tables.
struct FoldPredictor {
  let encoder: TableEncoder
  let scale: TargetScale
  let network: TabularNetwork

  /// What the network predicts for rows of a table, on the target's scale of learning.
  func predict(_ table: FeatureTable, rows: [Int]) -> [Double] {
    // Parts of the rows, so that memory does not grow with the table.
    stride(from: 0, to: rows.count, by: 1024).flatMap { start in
      let inputs = encoder.encode(table, rows: Array(rows[start..<min(start + 1024, rows.count)]))
      return network.model.forward(inputs, mode: .inference).values.map { scale.value(of: Double($0)) }
    }
  }
}

/// What a fold came to.
struct FoldResult {
  let predictor: FoldPredictor
  /// The root of the mean squared error of the rows held out.
  let error: Double
}
