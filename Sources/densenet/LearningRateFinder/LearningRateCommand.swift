import ArgumentParser
import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct LearningRateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-find", abstract: "Find a learning rate, and a batch size, for a network and its images.",
    discussion: """
      Makes updates with ever higher learning rates (Smith 2015) and draws the loss against them. The rate to train with \
      lies where the loss falls steeply, well below where it is lowest. All options of train that choose network, \
      images, augmentation and optimizer apply; the schedule does not.

      With --batch-sizes, measures speed and memory of training steps for batches of 16, 32, 64, … images instead.
      """)

  @OptionGroup var training: TrainingOptions

  @Option(number: "The learning rate of the first update.", valueName: "x")
  var lowestLr: PositiveReal = PositiveReal(1e-5)

  @Option(number: "The learning rate of the last update, unless the loss has exploded before.", valueName: "x")
  var highestLr: PositiveReal = PositiveReal(3)

  @Option(number: "Updates, at least 10.")
  var steps: Positive = Positive(100)

  @Option(
    help: ArgumentHelp("The plot. Default: lr-find.svg.", valueName: "file.svg"), transform: Path.parse)
  var svg: Path?

  @Flag(help: "Compare batch sizes instead of learning rates.")
  var batchSizes = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  private struct Result: Encodable {
    let steepest: Double
    let minimumOverTen: Double
    let learningRates: [Double]
    let losses: [Double]
    let smoothedLosses: [Double]
  }

  func run() async throws {
    guard lowestLr.value < highestLr.value else {
      throw Failure(.usage, "--highest-lr: expected more than --lowest-lr, \(lowestLr), found \(highestLr)")
    }
    guard steps.value >= 10 else { throw Failure(.usage, "--steps: expected at least 10, found \(steps)") }
    let device = try training.compute.device()
    let parts = try await training.load()
    try Device.$current.withValue(device) {
      let setup = try TrainingSetup(training, parts, maxSteps: nil, device: device)
      Interrupts.watch()
      if batchSizes {
        try BatchSizeSearch(setup: setup, quiet: training.quiet).run(json: json)
      } else {
        try find(setup)
      }
    }
  }

  private func find(_ setup: TrainingSetup) throws {
    let finder = LearningRateFinder(range: lowestLr.value...highestLr.value, steps: steps.value)
    let progress = ProgressBar(style: .automatic(quiet: training.quiet))
    let batch = min(setup.recipe.batchSize, setup.train.count)
    progress.begin("updates", total: steps.value * batch)
    var seen = 0
    let points = try finder.run(setup.trainer, batches: EndlessBatches(setup: setup)) { point in
      seen += batch
      progress.update(
        completed: seen,
        detail:
          "lr \(String(format: "%.2g", point.learningRate))  loss \(TextFormat.fixed(point.smoothedLoss, decimals: 3))")
      return !Interrupts.requested
    }
    progress.finish()
    if Interrupts.requested { throw Interruption(description: "interrupted after \(points.count) updates") }
    guard let suggestion = LearningRateFinder.suggestion(from: points) else {
      throw Failure(
        .invalidData,
        "the loss was no number, or four times its lowest, after \(points.count) updates, expected at least 10 before; use a smaller --lowest-lr, or check the images"
      )
    }
    let place = try draw(points, suggestion, setup)
    if !suggestion.isClear {
      printError(
        "warning: the loss hardly falls in these \(points.count) updates: the rates below say little; use more --steps, a larger --batch-size or a higher --highest-lr"
      )
    }
    let result = Result(
      steepest: suggestion.steepest, minimumOverTen: suggestion.minimumOverTen,
      learningRates: points.map(\.learningRate), losses: points.map(\.loss), smoothedLosses: points.map(\.smoothedLoss))
    let text = """
      steepest fall of the loss at \(format(suggestion.steepest)), a tenth of the rate at its lowest \(format(suggestion.minimumOverTen))
      plot in \(place); a good --lr lies between the two
      """
    try printResult(json ? String(decoding: compactJSON(result), as: UTF8.self) : text)
  }

  private func format(_ rate: Double) -> String { String(format: "%.2g", rate) }

  private func draw(
    _ points: [LearningRateFinder.Point], _ suggestion: LearningRateFinder.Suggestion, _ setup: TrainingSetup
  ) throws -> String {
    var chart = RangeTestChart(
      title: "\(setup.chosen.name) on \(setup.train.name)", rates: points.map(\.learningRate),
      losses: points.map(\.loss), smoothedLosses: points.map(\.smoothedLoss))
    chart.marks = [("steepest", suggestion.steepest), ("lowest / 10", suggestion.minimumOverTen)]
    let path = svg ?? Path(text: "lr-find.svg")
    try AtomicFile.write(Data(chart.svg().utf8), to: path.url)
    return path.text
  }
}

/// Training batches, epoch after epoch.
private struct EndlessBatches: Sequence, IteratorProtocol {
  let setup: TrainingSetup
  private var epoch = 0
  private var loader: BatchLoader?

  init(setup: TrainingSetup) { self.setup = setup }

  mutating func next() -> LabeledBatch? {
    for _ in 0..<2 {
      if let batch = loader?.next() { return batch }
      if loader?.failure != nil { return nil }
      loader = setup.batches(epoch: epoch, from: 0)
      epoch += 1
    }
    return nil
  }
}
