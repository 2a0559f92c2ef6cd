import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct BenchPredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Time inference on a fixed random batch.",
    discussion: """
      Two passes warm up, and the median of the others counts. Operations are those of direct convolution, two per \
      multiply-add, with transitions pooling first; so Winograd's algorithm can show as more than the peak. The peak is \
      that of fp32 multiply-adds from registers on the same threads, measured in the same run.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var compute: ComputeOptions

  @Option(
    number:
      "The height and width of the images, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var size: Positive?

  @Option(number: "Images of a batch.")
  var batchSize: Positive = Positive(1)

  @Option(number: "Timed passes.")
  var repetitions: Positive = Positive(15)

  @Option(number: "Seed of weights and batch.")
  var seed: Seed = Seed(0)

  @Flag(help: "Print the result as JSON.")
  var json = false

  struct Report: Encodable {
    let model: String
    let batchSize: Int
    let size: Int
    let precision: String
    let convolution: String
    let threads: Int
    let instructionSet: String
    let repetitions: Int
    let imagesPerSecond: Double
    /// Of a batch, median.
    let milliseconds: Double
    let peakMemoryBytes: Int
    let gflopsPerSecond: Double
    let peakGflopsPerSecond: Double
    let efficiency: Double
  }

  func run() throws {
    let device = try compute.device()
    let report = try Device.$current.withValue(device) { try measure(device) }
    if json { return try printResult(String(decoding: try compactJSON(report), as: UTF8.self)) }
    var table = TextTable(columns: [.init("measure", .left), .init("value", .right)])
    table.addRow(["images/s (median)", TextFormat.fixed(report.imagesPerSecond, decimals: 1)])
    table.addRow(["ms a batch of \(report.batchSize)", TextFormat.fixed(report.milliseconds, decimals: 2)])
    table.addRow(["GFLOP/s", TextFormat.fixed(report.gflopsPerSecond, decimals: 1)])
    table.addRow([
      "peak GFLOP/s (\(report.threads) threads, \(report.instructionSet))",
      TextFormat.fixed(report.peakGflopsPerSecond, decimals: 1),
    ])
    table.addRow(["share of the peak", "\(TextFormat.fixed(100 * report.efficiency, decimals: 1))%"])
    table.addRow(["peak memory", TextFormat.bytes(report.peakMemoryBytes)])
    try printResult(table.rendered())
  }

  private func measure(_ device: Device) throws -> Report {
    let chosen = try model.choice.resolve()
    let net = DenseNet(chosen.configuration, initialization: nil)
    let side = size?.value ?? chosen.imageSide
    try MemoryRequirement(images: batchSize.value, side: side)
      .require(for: net, training: false, batches: 1, device: device)
    net.initialize(seed: seed.value)
    let images = Tensor.randn([batchSize.value, chosen.configuration.inputChannels, side, side], seed: seed.value)
    let predictor = Predictor(net, device: device)
    let clock = ContinuousClock()
    var times: [Double] = []
    for repetition in 0..<repetitions.value + 2 {
      let time = try clock.measure { _ = try predictor.logits(images) }
      if repetition >= 2 { times.append(time.inSeconds) }
    }
    let memory = ProcessMemory.peakResidentBytes()
    let seconds = median(times)
    let operations = Double(try net.inferenceOperations(inputShape: images.shape))
    let peak = device.measurePeak()
    return Report(
      model: chosen.name, batchSize: batchSize.value, size: side, precision: compute.precision.rawValue,
      convolution: compute.convolution.rawValue, threads: device.threads,
      instructionSet: device.instructionSet.rawValue, repetitions: repetitions.value,
      imagesPerSecond: Double(batchSize.value) / seconds, milliseconds: 1000 * seconds, peakMemoryBytes: memory,
      gflopsPerSecond: operations / seconds * 1e-9, peakGflopsPerSecond: peak * 1e-9,
      efficiency: operations / seconds / peak)
  }
}

extension BenchPredictCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--size"]]
}
