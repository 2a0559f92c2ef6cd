import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct LearningRateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-find", abstract: "Find a learning rate or a batch size for a network and its images.",
    discussion: """
      Makes updates with increasing learning rates (Smith 2015) and plots the loss against them. The rate to train with \
      lies where the loss falls steeply, well below the rate at which it is lowest. The options of train for network, \
      images, augmentation and optimizer apply. Those that matter only to a whole run have no effect: --lr, --epochs, \
      --accumulate, --clip-norm, --patience, --ema, --threshold and those for the schedule.

      With --batch-sizes, measures speed and memory of training steps for batches of 16, 32, 64, … images instead.
      """)

  @OptionGroup var training: TrainingArguments

  @Option(number: "Learning rate of the first update.", valueName: "x")
  var lowestLr: PositiveReal = PositiveReal(1e-5)

  @Option(number: "Learning rate of the last update, unless the loss diverges earlier.", valueName: "x")
  var highestLr: PositiveReal = PositiveReal(3)

  @Option(number: "Number of updates, at least 10.")
  var steps: Positive = Positive(100)

  @Option(
    help: ArgumentHelp("The file to write the plot to. Default: lr-find.svg.", valueName: "file.svg"),
    transform: Path.parse)
  var svg: Path?

  @Flag(help: "Compare batch sizes instead of learning rates.")
  var batchSizes = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() async throws {
    guard lowestLr.value < highestLr.value else {
      throw Failure(.usage, "--highest-lr: expected more than --lowest-lr, \(lowestLr), found \(highestLr)")
    }
    guard steps.value >= 10 else { throw Failure(.usage, "--steps: expected at least 10, found \(steps)") }
    let options = try training.options()
    if batchSizes { return try await compareBatchSizes(options) }
    try await find(options)
  }

  private func find(_ options: TrainingOptions) async throws {
    let path = svg ?? Path(text: "lr-find.svg")
    try OutputFile.require(path.url, as: .svg, settings: ["svg"])
    var task = LearningRateTask(options)
    (task.rates, task.steps) = (lowestLr.value...highestLr.value, steps.value)
    let console = ConsoleMonitor(quiet: training.quiet)
    let found = try await task.run(
      monitor: console.monitor, isReady: { Interrupts.watch() },
      onPoint: { point, images in
        let loss = TextFormat.fixed(point.smoothedLoss, decimals: 3)
        console.progress.update(
          completed: images, detail: "lr \(String(format: "%.2g", point.learningRate))  loss \(loss)")
      })
    let (points, suggestion) = (found.points, found.suggestion)
    try AtomicFile.write(Data(found.chart.svg().utf8), to: path.url)
    if !suggestion.isClear {
      printError(
        "warning: the loss hardly falls in these \(points.count) updates: the rates below mean little; use more --steps, a larger --batch-size or a higher --highest-lr"
      )
    }
    let text = """
      steepest fall of the loss at \(format(suggestion.steepest)), a tenth of the rate at its lowest \(format(suggestion.minimumOverTen))
      plot in \(path.text); a good --lr lies between the two
      """
    if json { try printJSON(found.report) } else { try printResult(text) }
  }

  private func format(_ rate: Double) -> String { String(format: "%.2g", rate) }

  /// Prints a table with the smallest batch that is within a twentieth of the fastest.
  private func compareBatchSizes(_ options: TrainingOptions) async throws {
    let result = try await BatchSizeTask(options).run(
      monitor: ConsoleMonitor(quiet: training.quiet).monitor, isReady: { Interrupts.watch() })
    if json { return try printJSON(result) }
    var table = TextTable(columns: [.init("batch", .right), .init("examples/s", .right), .init("memory", .right)])
    for size in result.sizes {
      table.addRow([
        "\(size.batchSize)", TextFormat.fixed(size.examplesPerSecond, decimals: 1),
        TextFormat.bytes(size.peakMemoryBytes),
      ])
    }
    try printResult(
      table.rendered() + "\nthe smallest batch within 5% of the fastest: --batch-size \(result.suggestedBatchSize)")
  }
}
