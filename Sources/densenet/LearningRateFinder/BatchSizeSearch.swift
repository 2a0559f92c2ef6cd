import DenseNetData
import DenseNetIO
import DenseNetReports
import DenseNetTasks
import DenseNets
import Foundation

/// Speed and memory of training steps for batches of several sizes.
struct BatchSizeSearch {
  let setup: TrainingSetup
  let quiet: Bool

  struct Row: Encodable {
    let batchSize: Int
    let examplesPerSecond: Double
    /// Predicted: of a process that trains with such batches.
    let peakMemoryBytes: Int
  }

  private struct Report: Encodable {
    let sizes: [Row]
    let suggestedBatchSize: Int
  }

  /// Measures, and prints a table with the smallest batch that is within a twentieth of the fastest.
  func run(json: Bool) throws {
    let sizes = [16, 32, 64, 128, 256, 512].filter { $0 <= setup.train.count }
    guard !sizes.isEmpty else {
      throw Failure(
        .invalidData, "\(setup.train.name): expected at least 16 training images, found \(setup.train.count)")
    }
    let progress = ProgressBar(style: .automatic(quiet: quiet))
    var rows: [Row] = []
    for size in sizes {
      progress.begin("batches of \(size)", total: 0)
      rows.append(try measure(size))
      if Interrupts.requested { throw Interruption(description: "interrupted after batches of \(size)") }
    }
    progress.finish()
    let fastest = rows.map(\.examplesPerSecond).max()!
    let suggested = rows.first { $0.examplesPerSecond >= 0.95 * fastest }!.batchSize
    if json {
      try printResult(
        String(decoding: compactJSON(Report(sizes: rows, suggestedBatchSize: suggested)), as: UTF8.self))
    } else {
      try printResult(table(rows) + "\nthe smallest batch within 5% of the fastest: --batch-size \(suggested)")
    }
  }

  /// The median of three steps, after one that warms up.
  private func measure(_ size: Int) throws -> Row {
    let shape = [size, setup.chosen.configuration.inputChannels, setup.side, setup.side]
    let batch = LabeledBatch(
      images: .uniform(shape), labels: (0..<size).map { Int32($0 % setup.chosen.configuration.numClasses) })
    var seconds: [Double] = []
    for step in 0..<4 {
      let began = ContinuousClock.now
      _ = setup.trainer.learn(batch)
      if step > 0 { seconds.append((ContinuousClock.now - began).inSeconds) }
    }
    let memory = try MemoryPrediction(setup.model, inputShape: shape, device: setup.device).peakMemoryBytes
    return Row(
      batchSize: size, examplesPerSecond: Double(size) / seconds.sorted()[1], peakMemoryBytes: memory)
  }

  private func table(_ rows: [Row]) -> String {
    var table = TextTable(columns: [.init("batch", .right), .init("examples/s", .right), .init("memory", .right)])
    for row in rows {
      table.addRow([
        "\(row.batchSize)", TextFormat.fixed(row.examplesPerSecond, decimals: 1), TextFormat.bytes(row.peakMemoryBytes),
      ])
    }
    return table.rendered()
  }
}
