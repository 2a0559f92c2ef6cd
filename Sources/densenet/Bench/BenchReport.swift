import DenseNetReports
import DenseNetTasks
import DenseNets

/// What `densenet bench` prints; what does not apply is left out.
struct BenchReport: Encodable {
  let model: String
  let batchSize: Int
  let size: Int
  let precision: String
  let convolution: String
  var memoryEfficient: Bool?
  let threads: Int
  let instructionSet: String
  var steps: Int?
  var repetitions: Int?
  var examplesPerSecond: Double?
  var imagesPerSecond: Double?
  /// Per batch, the median.
  var milliseconds: Double?
  let peakMemoryBytes: Int
  let gflopsPerSecond: Double
  let peakGflopsPerSecond: Double
  let efficiency: Double
  let loss: Double?
  let profile: [ProfileLine]?

  init(_ benchmark: Benchmark, _ measure: Benchmark.Measure, _ compute: ComputeOptions) {
    (model, batchSize, size) = (benchmark.chosen.name, benchmark.batchSize, benchmark.side)
    (precision, convolution) = (compute.precision.rawValue, compute.convolution.rawValue)
    (threads, instructionSet) = (benchmark.device.threads, benchmark.device.instructionSet.rawValue)
    peakMemoryBytes = measure.peakMemoryBytes
    gflopsPerSecond = measure.operationsPerSecond * 1e-9
    peakGflopsPerSecond = measure.peakOperationsPerSecond * 1e-9
    efficiency = measure.efficiency
    (loss, profile) = (measure.loss, measure.profile)
  }

  func print(json: Bool) throws {
    if json { return try printJSON(self) }
    try printResult(table() + (profile.map { "\n" + ProfileLine.table($0) } ?? ""))
  }

  private func table() -> String {
    var table = TextTable(columns: [.init("measure", .left), .init("value", .right)])
    func add(_ name: String, _ value: Double?, decimals: Int = 1, unit: String = "") {
      if let value { table.addRow([name, TextFormat.fixed(value, decimals: decimals) + unit]) }
    }
    add("examples/s (median)", examplesPerSecond)
    add("images/s (median)", imagesPerSecond)
    add("ms a batch of \(batchSize)", milliseconds, decimals: 2)
    add("GFLOP/s", gflopsPerSecond)
    add("peak GFLOP/s (\(threads) threads, \(instructionSet))", peakGflopsPerSecond)
    add("share of the peak", 100 * efficiency, unit: "%")
    table.addRow(["peak memory", TextFormat.bytes(peakMemoryBytes)])
    return table.rendered()
  }
}
