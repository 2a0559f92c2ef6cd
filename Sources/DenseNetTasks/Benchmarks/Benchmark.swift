import DenseNetIO
public import DenseNets

/// Times a network on a fixed random batch.
///
/// ```swift
/// let network = try ModelChoice("densenet121").resolve()
/// let result = try Benchmark(network, batchSize: 1).ofInference(repetitions: 15)
/// print(result.imagesPerSecond)
/// ```
public struct Benchmark: Sendable {
  public let chosen: ChosenModel
  /// Images per batch.
  public let batchSize: Int
  /// Their height and width in pixels.
  public let side: Int
  /// Whether inference computes with bytes: random weights are quantized by the batch itself.
  public var isQuantized = false
  /// Of the weights and the batch.
  public var seed: UInt64 = 0
  public var device = Device.current
  /// Processes that take the same steps together, each on its part of a batch; nil: there are none.
  public var replicas: (any Replicas)?
  /// Whose values batch norms are computed from then.
  public var batchNorm = BatchNormStatistics.synchronized

  /// - Parameter side: nil: what the network is made for.
  public init(_ chosen: ChosenModel, batchSize: Int, side: Int? = nil) {
    (self.chosen, self.batchSize, self.side) = (chosen, batchSize, side ?? chosen.imageSide)
  }

  /// How fast passes or steps were.
  public struct Measure: Sendable {
    /// Per pass or step, the median.
    public let seconds: Double
    /// Of the process.
    public let peakMemoryBytes: Int
    /// Multiplications and additions per second.
    public let operationsPerSecond: Double
    /// That of fp32 multiply-adds from registers on the same threads, measured in the same run.
    public let peakOperationsPerSecond: Double
    /// Of the last training step.
    public let loss: Double?
    public let profile: [ProfileLine]?
    /// The share of the steps' time that replicas wait for each other, and the rate that they have together in units of
    /// what the same processes reach without a word; nil without replicas.
    public internal(set) var communicationShare: Double?
    public internal(set) var scaling: Double?

    public var efficiency: Double { operationsPerSecond / peakOperationsPerSecond }
  }

  /// Times passes through the network after two that warm up.
  /// - Parameter network: weights to time; nil: random ones.
  /// - Throws: `Failure(.usage)` where the images do not suit the network or do not fit into memory.
  public func ofInference(repetitions: Int, of network: LoadedNetwork? = nil) throws -> Measure {
    try validate(repetitions, "repetitions")
    return try Device.$current.withValue(device) {
      let net = network?.net ?? DenseNet(chosen.configuration, initialization: nil)
      try MemoryRequirement(images: batchSize, side: side)
        .require(for: net, training: false, batches: 1, device: device)
      if network == nil { net.initialize(seed: seed) }
      let images = batch
      let predictor = try network?.predictor(device: device) ?? predictor(net, images)
      let times = try times(repetitions, warm: {}) { _ = try predictor.logits(images) }
      return measure(times, operations: try net.inferenceOperations(inputShape: images.shape))
    }
  }

  private func predictor(_ net: DenseNet, _ images: Tensor) throws -> Predictor {
    guard isQuantized else { return Predictor(net, device: device) }
    let calibrator = try QuantizationCalibrator(net, device: device)
    try calibrator.observe(images)
    return try Predictor(net, quantization: calibrator.quantization(), device: device)
  }

  /// Times training steps (forward, loss, backward, update) after two that warm up. The update is SGD: plain for the
  /// chapter's network, with momentum 0.9 and weight decay 1e-4 for the others.
  /// - Parameter profiles: whether to say where the time goes.
  /// - Throws: `Failure(.usage)` where the images do not suit the network or do not fit into memory.
  public func ofTraining(steps: Int, memoryEfficient: Bool = false, profiles: Bool = false) throws -> Measure {
    try validate(steps, "steps")
    return try Device.$current.withValue(device) {
      let net = DenseNet(chosen.configuration, initialization: nil)
      net.memoryEfficient = memoryEfficient
      let own = try ownImages()
      let work = MemoryRequirement(images: own.count, side: side)
      try work.require(for: net, training: true, batches: 1, device: device)
      try work.requireStatistics(for: net, smallestBatch: batchNorm == .local ? own.count : batchSize)
      net.initialize(seed: seed)
      let batch = part(own)
      let profiler = profiles ? Profiler() : nil
      func trainer(_ replicas: (any Replicas)?) -> Trainer {
        let optimizer =
          chosen.configuration.naming == .chapter
          ? SGD(net, learningRate: 0.1) : SGD(net, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4)
        return Trainer(model: net, optimizer: optimizer, replicas: replicas, batchNorm: batchNorm)
      }
      // First without a word, on the same cores at the same time.
      let alone: [Double]
      if let replicas, replicas.count > 1 {
        let trainer = trainer(nil)
        alone = times(steps, warm: { _ = replicas.any(false) }) { _ = trainer.learn(batch) }
        net.initialize(seed: seed)
      } else {
        alone = []
      }
      let trainer = trainer(replicas)
      var lastLoss = Double.nan
      let waiting = replicas.map { WaitingClock($0) }
      let times = times(
        steps,
        warm: {
          profiler?.reset()
          waiting?.start()
        }
      ) {
        Profiler.$current.withValue(profiler) { lastLoss = trainer.learn(batch) ?? .nan }
      }
      let share = waiting?.share
      let operations = try net.trainingOperations(inputShape: [batchSize] + batch.images.shape.dropFirst())
      var result = measure(times, operations: operations, loss: lastLoss, profiler: profiler)
      result.communicationShare = share
      if !alone.isEmpty { result.scaling = median(alone) / result.seconds }
      return result
    }
  }

  /// Works together with other processes, if there are any, on a device with these options.
  /// - Throws: `Failure(.usage)` where there is no such device, on all of them.
  public mutating func join(
    _ replicas: (any Replicas)?, _ compute: TrainingOptions.ComputeOptions, batchNorm: BatchNormStatistics
  ) throws {
    var compute = compute
    if let replicas { compute.threads = TeamThreads(compute.threads, of: replicas).count }
    let device = try replicas.together { try compute.device() }
    (self.replicas, self.device, self.batchNorm) = (replicas, device, batchNorm)
  }

  /// Those of the batch that this process works on.
  private func ownImages() throws(Failure) -> Range<Int> {
    guard let replicas else { return 0..<batchSize }
    guard batchSize >= replicas.count else {
      throw Failure(
        .usage, "batch size: expected an image for each of \(replicas.count) ranks, found \(batchSize)",
        settings: ["batchSize"])
    }
    return LabeledBatch.images(of: replicas.rank, of: replicas.count, count: batchSize)
  }

  private func part(_ own: Range<Int>) -> LabeledBatch {
    guard replicas != nil else { return LabeledBatch(images: batch, labels: labels) }
    var part = LabeledBatch(images: batch.selected(Array(own)), labels: Array(labels[own]))
    part.part = .init(wholeCount: batchSize, first: own.lowerBound, isStandIn: false)
    return part
  }

  private func validate(_ count: Int, _ setting: Failure.Setting) throws(Failure) {
    try Failure.requirePositive(batchSize, "batchSize")
    try Failure.requirePositive(side, "imageSize")
    try Failure.requirePositive(count, setting)
  }

  private var batch: Tensor { .randn([batchSize, chosen.configuration.inputChannels, side, side], seed: seed) }

  private var labels: [Int32] {
    var generator = RandomSource(seed: seed)
    let classes = Int32(chosen.configuration.numClasses)
    return (0..<batchSize).map { _ in Int32.random(in: 0..<classes, using: &generator) }
  }

  /// The seconds of each of `count` calls, after two that warm up.
  private func times(_ count: Int, warm: () -> Void, _ body: () throws -> Void) rethrows -> [Double] {
    let clock = ContinuousClock()
    var times: [Double] = []
    for repetition in 0..<count + 2 {
      if repetition == 2 { warm() }
      let time = try clock.measure(body)
      if repetition >= 2 { times.append(time.inSeconds) }
    }
    return times
  }

  private func measure(
    _ times: [Double], operations: Int, loss: Double? = nil, profiler: Profiler? = nil
  ) -> Measure {
    // Before the peak is measured, which takes memory too.
    let memory = ProcessMemory.peakResidentBytes()
    let seconds = median(times)
    let peak = device.measurePeak() * Double(replicas?.count ?? 1)
    return Measure(
      seconds: seconds, peakMemoryBytes: memory, operationsPerSecond: Double(operations) / seconds,
      peakOperationsPerSecond: peak, loss: loss,
      profile: profiler.map {
        ProfileLine.lines($0.entries, steps: times.count, total: times.reduce(0, +), peak: peak)
      })
  }
}

/// The middle of some numbers.
private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
