import DenseNetData
import DenseNetReports
import DenseNets

/// One of a run's networks.
struct TabularNetwork {
  let model: any Layer
  let seed: UInt64

  /// The seed of a fold's network.
  static func seed(run: UInt64, fold: Int) -> UInt64 {
    var random = RandomSource(seed: run)
    for _ in 0..<fold { _ = random.next() }
    return random.next()
  }

  /// The network for so many features.
  /// - Throws: `Failure(.usage)` where an option is out of range.
  static func configuration(_ options: TabularOptions, features: Int) throws -> DenseMLP.Configuration {
    let configuration = DenseMLP.Configuration(
      inputFeatures: features, growthRate: options.growthRate, layers: options.layers,
      dropRate: options.dropout)
    try configuration.validate()
    return configuration
  }

  /// The learned values of a network.
  static func parameterCount(_ options: TabularOptions, features: Int) throws -> Int {
    let configuration = try configuration(options, features: features)
    switch options.model {
    case .denseMLP: return configuration.parameterCount
    case .mlp: return configuration.plainParameterCount
    }
  }

  /// - Throws: `Failure(.usage)` where the networks of all folds, of which each keeps weights and gradients, and the two
  ///   moments of the one in training do not fit into memory.
  static func requireMemory(_ options: TabularOptions, features: Int, memory: Int) throws {
    let count = Double(try parameterCount(options, features: features))
    let bytes = count * Double(2 * options.folds + 2) * Double(MemoryLayout<Float>.size)
    guard bytes <= Double(memory) else {
      throw Failure(
        .usage,
        "\(options.folds) networks of \(options.layers) layers with a growth rate of \(options.growthRate): need \(TextFormat.bytes(Int(min(bytes, 0x1p62)))) of memory, this machine has \(TextFormat.bytes(memory)); choose smaller ones",
        settings: ["growthRate", "layers", "folds"])
    }
  }

  init(_ options: TabularOptions, features: Int, seed: UInt64) throws {
    let configuration = try Self.configuration(options, features: features)
    switch options.model {
    case .denseMLP: model = DenseMLP(configuration, initialization: nil)
    case .mlp: model = DenseMLP.plain(configuration, initialization: nil)
    }
    self.seed = seed
    model.initialize(.pytorch, seed: seed)
  }

  /// - Parameters:
  ///   - inputs: `[N, features]`.
  ///   - targets: `[N, 1]`, standardised.
  ///   - onEpoch: is told of each pass; false stops.
  /// - Throws: `Failure` where training diverges.
  func train(
    _ inputs: Tensor, _ targets: Tensor, _ options: TabularOptions, epochs: Int,
    onEpoch: (_ epoch: Int, _ loss: Double) -> Bool
  ) throws {
    let trainer = RegressionTrainer(
      model: model,
      optimizer: AdamW(model, learningRate: options.learningRate, weightDecay: options.weightDecay),
      schedule: LearningRateSchedule(.cosine(minimum: 0)))
    let rows = inputs.shape[0]
    try trainer.fit(
      inputs: inputs, targets: targets, epochs: epochs, batchSize: options.batchSize,
      order: { EpochOrder.shuffled(count: rows, seed: seed, epoch: $0) },
      onEpoch: { onEpoch($0.epoch, $0.loss) })
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
