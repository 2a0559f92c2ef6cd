import ArgumentParser
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

struct BenchTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Time full training steps (forward, loss, backward, update) on a fixed random batch.",
    discussion: """
      The update is SGD: plain for the chapter's network, with momentum 0.9 and weight decay 1e-4 for the others. \
      Two steps warm up, and the median of the others counts. Operations are those of direct convolution: two per \
      multiply-add, forward, weight gradient and input gradient, as the paper orders the layers except that \
      transitions pool first; so Winograd's algorithm can show as more than the peak. The peak is that of fp32 \
      multiply-adds from registers on the same threads, measured in the same run.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions

  @Option(
    number:
      "The height and width of the images, in pixels. \(ChosenModel.sideHelp)",
    valueName: "pixels")
  var size: Positive?

  @Option(number: "Images of a batch.")
  var batchSize: Positive = Positive(256)

  @Option(number: "Timed steps.")
  var steps: Positive = Positive(4)

  @Option(number: "Seed of weights and batch.")
  var seed: Seed = Seed(0)

  @Flag(help: "Show where the time goes, by layer and kernel: time, operations, bytes, and their shares.")
  var profile = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  struct Report: Encodable {
    let model: String
    let batchSize: Int
    let size: Int
    let precision: String
    let convolution: String
    let memoryEfficient: Bool
    let threads: Int
    let instructionSet: String
    let steps: Int
    let examplesPerSecond: Double
    let peakMemoryBytes: Int
    let gflopsPerSecond: Double
    let peakGflopsPerSecond: Double
    let efficiency: Double
    let loss: Double
    let profile: [ProfileLine]?
  }

  func run() throws {
    let device = try compute.device()
    let report = try Device.$current.withValue(device) { try measure(device) }
    if json { return try printResult(String(decoding: try compactJSON(report), as: UTF8.self)) }
    try printResult(table(report) + (report.profile.map { "\n" + ProfileLine.table($0) } ?? ""))
  }

  private func table(_ report: Report) -> String {
    var table = TextTable(columns: [.init("measure", .left), .init("value", .right)])
    table.addRow(["examples/s (median)", TextFormat.fixed(report.examplesPerSecond, decimals: 1)])
    table.addRow(["GFLOP/s", TextFormat.fixed(report.gflopsPerSecond, decimals: 1)])
    table.addRow([
      "peak GFLOP/s (\(report.threads) threads, \(report.instructionSet))",
      TextFormat.fixed(report.peakGflopsPerSecond, decimals: 1),
    ])
    table.addRow(["share of the peak", "\(TextFormat.fixed(100 * report.efficiency, decimals: 1))%"])
    table.addRow(["peak memory", TextFormat.bytes(report.peakMemoryBytes)])
    return table.rendered()
  }

  private func measure(_ device: Device) throws -> Report {
    let chosen = try model.choice.resolve()
    let net = DenseNet(chosen.configuration, initialization: nil)
    let side = size?.value ?? chosen.imageSide
    net.memoryEfficient = memory.memoryEfficient
    let work = MemoryRequirement(images: batchSize.value, side: side)
    try work.require(for: net, training: true, batches: 1, device: device)
    try work.requireStatistics(for: net, smallestBatch: batchSize.value)
    net.initialize(seed: seed.value)
    let images = Tensor.randn([batchSize.value, chosen.configuration.inputChannels, side, side], seed: seed.value)
    var generator = RandomSource(seed: seed.value)
    let classes = Int32(chosen.configuration.numClasses)
    let labels = (0..<batchSize.value).map { _ in Int32.random(in: 0..<classes, using: &generator) }
    let loss = CrossEntropyLoss()
    let optimizer =
      chosen.configuration.naming == .chapter
      ? SGD(net, learningRate: 0.1) : SGD(net, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4)

    let profiler = profile ? Profiler() : nil
    let clock = ContinuousClock()
    var times: [Double] = []
    var lastLoss = 0.0
    for step in 0..<steps.value + 2 {
      if step == 2 { profiler?.reset() }
      let time = clock.measure {
        Profiler.$current.withValue(profiler) {
          let (result, gradient) = loss.lossAndGradient(net.forward(images, mode: .training), labels)
          _ = net.backward(gradient, needsInputGradient: false)
          Profiler.measure("update", layer: "all", bytes: 12 * net.parameterCount) { optimizer.step() }
          lastLoss = result.loss
        }
      }
      if step >= 2 { times.append(time.inSeconds) }
    }
    let memory = ProcessMemory.peakResidentBytes()
    let seconds = median(times)
    let operations = Double(try net.trainingOperations(inputShape: images.shape))
    let peak = device.measurePeak()
    return Report(
      model: chosen.name, batchSize: batchSize.value, size: side,
      precision: compute.precision.rawValue, convolution: compute.convolution.rawValue,
      memoryEfficient: net.memoryEfficient, threads: device.threads, instructionSet: device.instructionSet.rawValue,
      steps: steps.value, examplesPerSecond: Double(batchSize.value) / seconds, peakMemoryBytes: memory,
      gflopsPerSecond: operations / seconds * 1e-9, peakGflopsPerSecond: peak * 1e-9,
      efficiency: operations / seconds / peak, loss: lastLoss,
      profile: profiler.map {
        ProfileLine.lines($0.entries, steps: steps.value, total: times.reduce(0, +), peak: peak)
      })
  }
}

/// The middle of some numbers.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

extension BenchTrainCommand: NamesSettings {
  static let optionNames: [Failure.Setting: [String]] = ["imageSize": ["--size"]]
}
