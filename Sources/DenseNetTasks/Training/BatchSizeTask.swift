import DenseNetData
import DenseNets

/// Measures speed and memory of training steps for batches of 16, 32, 64, … images.
public struct BatchSizeTask: Sendable {
  /// What is trained; its batch size does not count.
  public var options: TrainingOptions

  public init(_ options: TrainingOptions) { self.options = options }

  /// A batch size and what it costs.
  public struct Measurement: Sendable, Encodable {
    /// Images per batch.
    public let batchSize: Int
    public let examplesPerSecond: Double
    /// Predicted: of a process that trains with such batches.
    public let peakMemoryBytes: Int
  }

  public struct Result: Sendable, Encodable {
    /// Smallest batches first.
    public let sizes: [Measurement]
    /// The smallest batch that is within a twentieth of the fastest.
    public let suggestedBatchSize: Int
  }

  /// - Parameters:
  ///   - monitor: told of a stage for each batch size.
  ///   - isReady: called when all is checked.
  /// - Throws: `Failure` for settings or input that cannot be used; ``TaskInterruption`` where the monitor stopped the
  ///   work.
  public func run(
    monitor: TaskMonitor = TaskMonitor(), isReady: @Sendable () -> Void = {}
  ) async throws -> Result {
    try await options.prepared(monitor) { setup in
      isReady()
      return try run(setup, monitor)
    }
  }

  private func run(_ setup: TrainingSetup, _ monitor: TaskMonitor) throws -> Result {
    let sizes = [16, 32, 64, 128, 256, 512].filter { $0 <= setup.train.count }
    guard !sizes.isEmpty else {
      throw Failure(
        .invalidData, "\(setup.train.name): expected at least 16 training images, found \(setup.train.count)")
    }
    var measured: [Measurement] = []
    for size in sizes {
      monitor.stageBegins(.init("batches of \(size)", total: 0))
      measured.append(try measure(size, setup))
      if monitor.shouldStop() { throw TaskInterruption("interrupted while measuring batches") }
    }
    monitor.stageEnds()
    let fastest = measured.map(\.examplesPerSecond).max()!
    return Result(
      sizes: measured, suggestedBatchSize: measured.first { $0.examplesPerSecond >= 0.95 * fastest }!.batchSize)
  }

  /// The median of three steps, after one that warms up.
  private func measure(_ size: Int, _ setup: TrainingSetup) throws -> Measurement {
    let shape = [size, setup.chosen.configuration.inputChannels, setup.largestSide, setup.largestSide]
    let outputs = setup.chosen.configuration.numClasses
    let batch =
      setup.hasSeveralLabels
      ? LabeledBatch(images: .uniform(shape), targets: .zeros([size, outputs]), mask: .ones([size, outputs]))
      : LabeledBatch(images: .uniform(shape), labels: (0..<size).map { Int32($0 % outputs) })
    var seconds: [Double] = []
    for step in 0..<4 {
      let began = ContinuousClock.now
      _ = setup.trainer.learn(batch)
      if step > 0 { seconds.append((ContinuousClock.now - began).inSeconds) }
    }
    let memory = try MemoryPrediction(setup.model, inputShape: shape, device: setup.device).peakMemoryBytes
    return Measurement(
      batchSize: size, examplesPerSecond: Double(size) / seconds.sorted()[1], peakMemoryBytes: memory)
  }
}
