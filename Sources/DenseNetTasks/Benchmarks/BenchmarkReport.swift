import DenseNetReports
import DenseNets

/// A benchmark's result as JSON or a table; what does not apply is left out.
package struct BenchmarkReport: Encodable {
  let model: String
  let batchSize: Int
  let size: Int
  let precision: String
  let convolution: String
  package var memoryEfficient: Bool?
  let threads: Int
  let instructionSet: String
  package var steps: Int?
  package var repetitions: Int?
  package var examplesPerSecond: Double?
  package var imagesPerSecond: Double?
  /// Per batch, the median.
  package var milliseconds: Double?
  let peakMemoryBytes: Int
  let gflopsPerSecond: Double
  let peakGflopsPerSecond: Double
  let efficiency: Double
  let loss: Double?
  package var ranks: Int?
  let communicationShare: Double?
  let scaling: Double?
  let profile: [ProfileLine]?

  /// - Parameter convolution: the name of the choice that the device was made with.
  package init(_ benchmark: Benchmark, _ measure: Benchmark.Measure, convolution: String) {
    (model, batchSize, size) = (benchmark.chosen.name, benchmark.batchSize, benchmark.side)
    let precision = benchmark.isQuantized ? Precision.int8 : benchmark.device.precision
    (self.precision, self.convolution) = (precision.rawValue, convolution)
    (threads, instructionSet) = (benchmark.device.threads, benchmark.device.instructionSet.rawValue)
    peakMemoryBytes = measure.peakMemoryBytes
    gflopsPerSecond = measure.operationsPerSecond * 1e-9
    peakGflopsPerSecond = measure.peakOperationsPerSecond * 1e-9
    efficiency = measure.efficiency
    (loss, profile) = (measure.loss, measure.profile)
    ranks = benchmark.replicas?.count
    (communicationShare, scaling) = (measure.communicationShare, measure.scaling)
  }

  /// The measures, and below them the profile where there is one.
  package func table() -> String {
    var table = TextTable(columns: [.init("measure", .left), .init("value", .right)])
    func add(_ name: String, _ value: Double?, decimals: Int = 1, unit: String = "") {
      if let value { table.addRow([name, TextFormat.fixed(value, decimals: decimals) + unit]) }
    }
    add("examples/s (median)", examplesPerSecond)
    add("images/s (median)", imagesPerSecond)
    add("ms per batch of \(batchSize)", milliseconds, decimals: 2)
    add("GFLOP/s", gflopsPerSecond)
    add("peak GFLOP/s (\(threads) threads, \(instructionSet))", peakGflopsPerSecond)
    add("share of the peak", 100 * efficiency, unit: "%")
    add("ranks", ranks.map(Double.init), decimals: 0)
    add("share of communication", communicationShare.map { 100 * $0 }, unit: "%")
    add("rate, of that without communication", scaling.map { 100 * $0 }, unit: "%")
    table.addRow(["peak memory", TextFormat.bytes(peakMemoryBytes)])
    return table.rendered() + (profile.map { "\n" + ProfileLine.table($0) } ?? "")
  }
}
