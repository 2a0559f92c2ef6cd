import DenseNets

/// What one kernel does for one layer in one step.
public struct ProfileLine: Sendable, Encodable {
  public let layer: String
  public let kernel: String
  public let milliseconds: Double
  /// Of the step's time.
  public let share: Double
  public let gflopsPerSecond: Double
  /// Of the machine's multiply-add peak.
  public let efficiency: Double
  public let megabytes: Double
  public let gigabytesPerSecond: Double

  init(
    layer: String, kernel: String, seconds: Double, operations: Double, bytes: Double, step: Double, peak: Double
  ) {
    self.layer = layer
    self.kernel = kernel
    let seconds = max(seconds, 1e-9)
    milliseconds = seconds * 1e3
    share = seconds / step
    gflopsPerSecond = operations / seconds * 1e-9
    efficiency = operations / seconds / peak
    megabytes = bytes * 1e-6
    gigabytesPerSecond = bytes / seconds * 1e-9
  }

  /// - Parameters:
  ///   - entries: of all steps.
  ///   - total: seconds of all steps; what no entry took is a line of its own.
  ///   - peak: operations per second.
  static func lines(_ entries: [Profiler.Entry], steps: Int, total: Double, peak: Double) -> [ProfileLine] {
    let step = total / Double(steps)
    func line(_ layer: String, _ kernel: String, _ seconds: Double, _ operations: Int, _ bytes: Int) -> ProfileLine {
      let each = 1 / Double(steps)
      return ProfileLine(
        layer: layer, kernel: kernel, seconds: seconds * each, operations: Double(operations) * each,
        bytes: Double(bytes) * each, step: step, peak: peak)
    }
    return entries.map { line($0.layer, $0.kernel, $0.seconds, $0.operations, $0.bytes) }
      + [line("all", "the rest", total - entries.reduce(0) { $0 + $1.seconds }, 0, 0)]
  }

  /// The sum of each kernel's lines, in the order of their first.
  public static func totals(_ lines: [ProfileLine]) -> [ProfileLine] {
    var kernels: [String] = []
    for line in lines where !kernels.contains(line.kernel) { kernels.append(line.kernel) }
    return kernels.map { kernel in
      let parts = lines.filter { $0.kernel == kernel }
      let seconds = parts.reduce(0) { $0 + $1.milliseconds } * 1e-3
      let operations = parts.reduce(0) { $0 + $1.gflopsPerSecond * $1.milliseconds } * 1e6
      let share = parts.reduce(0) { $0 + $1.share }
      let efficient = parts.first { $0.efficiency > 0 }
      let peak = efficient.map { $0.gflopsPerSecond * 1e9 / $0.efficiency } ?? 1
      return ProfileLine(
        layer: "total", kernel: kernel, seconds: seconds, operations: operations,
        bytes: parts.reduce(0) { $0 + $1.megabytes } * 1e6, step: seconds / share, peak: peak)
    }
  }
}
