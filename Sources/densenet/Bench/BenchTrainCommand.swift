import ArgumentParser
import DenseNetTasks
import DenseNets

struct BenchTrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Time full training steps (forward, loss, backward, update) on a fixed random batch.",
    discussion: """
      The update is SGD: plain for the chapter's network, with momentum 0.9 and weight decay 1e-4 for the others. \
      Two steps warm up; the result is the median of the others. Operations are those of direct convolution: two per \
      multiply-add, for forward pass, weight gradient and input gradient, with the layers in the paper's order except \
      that transitions pool first; so Winograd's algorithm can exceed 100% of the peak. The peak is that of fp32 \
      multiply-adds from registers on the same threads, measured in the same run.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup(title: "Several processes") var ranks: RankOptions

  @Option(
    number:
      "Height and width of the images, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var size: Positive?

  @Option(number: "Images per batch.")
  var batchSize: Positive = Positive(256)

  @Option(number: "Timed steps.")
  var steps: Positive = Positive(4)

  @Option(number: "Seed for the weights and the batch.")
  var seed: Seed = Seed(0)

  @Flag(help: "Show where the time goes, by layer and kernel: time, operations, bytes, and their shares.")
  var profile = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() async throws {
    var benchmark = Benchmark(try model.choice.resolve(), batchSize: batchSize.value, side: size?.value)
    benchmark.seed = seed.value
    let done = try await ranks.run { replicas in
      try benchmark.join(replicas, compute.options(), batchNorm: ranks.batchNormStatistics)
      return try benchmark.ofTraining(
        steps: steps.value, memoryEfficient: memory.memoryEfficient, profiles: profile)
    }
    guard let measure = done else { return }
    var report = BenchmarkReport(benchmark, measure, convolution: compute.on.convolution.rawValue)
    (report.memoryEfficient, report.steps) = (memory.memoryEfficient, steps.value)
    report.examplesPerSecond = Double(batchSize.value) / measure.seconds
    if json { try printJSON(report) } else { try printResult(report.table()) }
  }
}

extension BenchTrainCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--size"]]
}
