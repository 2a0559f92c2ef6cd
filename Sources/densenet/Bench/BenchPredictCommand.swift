import ArgumentParser
import DenseNetTasks
import DenseNets

struct BenchPredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Time inference on a fixed random batch.",
    discussion: """
      Two passes warm up; the result is the median of the others. Operations are those of direct convolution, two per \
      multiply-add, with transitions pooling first; so Winograd's algorithm can exceed 100% of the peak. The peak is \
      that of fp32 multiply-adds from registers on the same threads, measured in the same run.
      """)

  @Option(
    help: ArgumentHelp("Weights to time. Default: random ones, for int8 calibrated by the batch.", valueName: "file"),
    transform: Path.parse)
  var weights: Path?

  @OptionGroup var model: ModelOptions
  @OptionGroup var compute: InferenceOptions

  @Option(
    number:
      "Height and width of the images, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var size: Positive?

  @Option(number: "Images per batch.")
  var batchSize: Positive = Positive(1)

  @Option(
    name: [.long, .customLong("repetitions")], parsing: .unconditional,
    help: ArgumentHelp("Timed passes. Default: 15.", valueName: "n"), transform: Positive.parse)
  var steps: Positive = Positive(15)

  @Option(number: "Seed for the weights and the batch.")
  var seed: Seed = Seed(0)

  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() throws {
    var network = try weights.map { try LoadedNetwork(weights: $0.text, model: model.choice) }
    try network?.compute(in: compute.precision)
    var benchmark = Benchmark(
      try network?.chosen ?? model.choice.resolve(), batchSize: batchSize.value, side: size?.value)
    benchmark.isQuantized = network.map { $0.quantization != nil } ?? (compute.precision == .int8)
    (benchmark.seed, benchmark.device) = (seed.value, try compute.device())
    let measure = try benchmark.ofInference(repetitions: steps.value, of: network)
    var report = BenchmarkReport(benchmark, measure, convolution: compute.on.convolution.rawValue)
    (report.steps, report.repetitions) = (steps.value, steps.value)
    report.imagesPerSecond = Double(batchSize.value) / measure.seconds
    report.milliseconds = 1000 * measure.seconds
    if json { try printJSON(report) } else { try printResult(report.table()) }
  }
}

extension BenchPredictCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--size"]]
}
