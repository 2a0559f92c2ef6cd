import DenseNetData
public import DenseNetReports
public import DenseNets

/// Finds a learning rate by the range test (Smith 2015): updates with ever higher rates.
public struct LearningRateTask: Sendable {
  /// What is trained; recipe, schedule aside, and images count.
  public var options: TrainingOptions
  /// The rates of the first and the last update.
  public var rates = 1e-5...3.0
  /// Updates, at least 10.
  public var steps = 100

  public init(_ options: TrainingOptions) { self.options = options }

  /// What the test has shown.
  public struct Result: Sendable {
    public let points: [LearningRateFinder.Point]
    public let suggestion: LearningRateFinder.Suggestion
    /// The losses against the rates.
    public let chart: RangeTestChart

    /// What JSON says of it.
    public struct Report: Encodable, Sendable {
      public let steepest: Double
      public let minimumOverTen: Double
      public let learningRates: [Double]
      public let losses: [Double]
      public let smoothedLosses: [Double]
    }

    public var report: Report {
      Report(
        steepest: suggestion.steepest, minimumOverTen: suggestion.minimumOverTen,
        learningRates: points.map(\.learningRate), losses: points.map(\.loss),
        smoothedLosses: points.map(\.smoothedLoss))
    }
  }

  /// - Parameters:
  ///   - monitor: told of a stage `updates`, whose parts are images.
  ///   - isReady: called when all is checked.
  ///   - onPoint: told each update, with the images seen so far.
  /// - Throws: `Failure` for settings or input that cannot be used, and where the loss exploded before ten updates;
  ///   ``TaskInterruption`` where the monitor stopped the test.
  public func run(
    monitor: TaskMonitor = TaskMonitor(), isReady: @Sendable () -> Void = {},
    onPoint: @Sendable (_ point: LearningRateFinder.Point, _ images: Int) -> Void = { _, _ in }
  ) async throws -> Result {
    try validate()
    return try await options.prepared(monitor) { setup in
      isReady()
      return try run(setup, monitor, onPoint)
    }
  }

  private func validate() throws(Failure) {
    guard rates.lowerBound > 0, rates.upperBound > rates.lowerBound else {
      throw Failure(
        .usage,
        "learning rates: expected the highest to exceed the lowest, \(rates.lowerBound), found \(rates.upperBound)",
        settings: ["highestLearningRate"])
    }
    guard steps >= 10 else {
      throw Failure(.usage, "steps: expected at least 10, found \(steps)", settings: ["steps"])
    }
  }

  private func run(
    _ setup: TrainingSetup, _ monitor: TaskMonitor, _ onPoint: (LearningRateFinder.Point, Int) -> Void
  ) throws -> Result {
    let batch = min(setup.recipe.batchSize, setup.train.count)
    monitor.stageBegins(.init("updates", total: steps * batch))
    var seen = 0
    var wasStopped = false
    let finder = LearningRateFinder(range: rates, steps: steps)
    let points = try finder.run(setup.trainer, batches: EndlessBatches(setup: setup)) { point in
      seen += batch
      monitor.advanced(seen)
      onPoint(point, seen)
      wasStopped = monitor.shouldStop()
      return !wasStopped
    }
    monitor.stageEnds()
    if wasStopped { throw TaskInterruption("interrupted after \(points.count) updates") }
    guard let suggestion = LearningRateFinder.suggestion(from: points) else {
      throw Failure(
        .invalidData,
        "the loss was NaN, or four times its lowest, after \(points.count) updates, expected at least 10 before that; use a smaller lowest learning rate, or check the images",
        settings: ["lowestLearningRate"])
    }
    var chart = RangeTestChart(
      title: "\(setup.chosen.name) on \(setup.train.name)", rates: points.map(\.learningRate),
      losses: points.map(\.loss), smoothedLosses: points.map(\.smoothedLoss))
    chart.marks = [("steepest", suggestion.steepest), ("lowest / 10", suggestion.minimumOverTen)]
    return Result(points: points, suggestion: suggestion, chart: chart)
  }
}

extension TrainingOptions {
  /// Does something with what the options make, on their device.
  func prepared<T>(_ monitor: TaskMonitor, _ body: (TrainingSetup) throws -> T) async throws -> T {
    let device = try compute.device()
    let parts = try await load(monitor)
    return try Device.$current.withValue(device) {
      try body(try TrainingSetup(self, parts, device: device, monitor: monitor))
    }
  }
}

/// Training batches, epoch after epoch, of the first one's size: that is the one of the highest rates.
private struct EndlessBatches: BatchSource, BatchIterator {
  let setup: TrainingSetup
  private var epoch = 0
  private var loader: BatchLoader?

  init(setup: TrainingSetup) { self.setup = setup }

  mutating func next() throws -> LabeledBatch? {
    for _ in 0..<2 {
      if let batch = try loader?.next() { return batch }
      loader = setup.batches(epoch: epoch, from: 0, sizeOf: 0)
      epoch += 1
    }
    return nil
  }
}
