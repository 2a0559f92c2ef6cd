import Foundation
import Testing

@testable import DenseNets

/// Small batches, accumulated, against PyTorch's large ones in float64.
@Suite struct AccumulationTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    /// Of an update.
    let rows: Int
    let inputs: [[Float]]
    let start: [[Float]]
    let labels: [Int32]
    let targets: [[Float]]?
    let smoothing: Double
    let weights: [Double]?
    let clip: Double?
    let rate: Double
    let epochs: Int
    /// The weights after each update.
    let values: [[Double]]
    /// Of each epoch.
    let losses: [Double]

    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let url = Fixture.folder.appendingPathComponent("networks/accumulation.json")
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  /// Images per batch, and batches per update; 13 rows leave a last group that is smaller in each but the first two.
  static let splits: [(batch: Int, accumulate: Int)] = [(1, 13), (13, 1), (4, 2), (2, 4), (5, 3), (7, 2), (3, 2)]

  @Test(arguments: cases)
  func anUpdateIsThatOfTheLargeBatch(_ c: Case) throws {
    let splits = Self.splits.filter { $0.batch * $0.accumulate == c.rows }
    #expect(!splits.isEmpty)
    for split in splits { try check(c, batch: split.batch, accumulate: split.accumulate) }
  }

  private func check(_ c: Case, batch: Int, accumulate: Int) throws {
    let model = Linear(c.inputs[0].count, c.start.count, bias: false, initialization: nil)
    model.weight.value = Tensor(shape: model.weight.shape, values: c.start.flatMap(\.self))
    let trainer = Trainer(
      model: model, optimizer: SGD(model, learningRate: c.rate),
      loss: CrossEntropyLoss(labelSmoothing: c.smoothing, classWeights: c.weights))
    let batches = stride(from: 0, to: c.inputs.count, by: batch).map { first in
      let part = first..<min(first + batch, c.inputs.count)
      func tensor(_ rows: ArraySlice<[Float]>) -> Tensor {
        Tensor(shape: [rows.count, rows.first!.count], values: rows.flatMap(\.self))
      }
      return LabeledBatch(
        images: tensor(c.inputs[part]), labels: Array(c.labels[part]), targets: c.targets.map { tensor($0[part]) })
    }
    var (values, losses): ([[Float]], [Double]) = ([], [])
    var callbacks = Trainer.Callbacks()
    callbacks.onStep = { _ in values.append(model.weight.value.values) }
    callbacks.onEpoch = { result, _ in losses.append(result.train.loss) }
    let plan = TrainingPlan(
      epochs: c.epochs, batchesPerEpoch: batches.count, accumulation: accumulate, clipNorm: c.clip)
    _ = try trainer.fit(plan, batches: { _, first in batches[first...] }, test: { batches }, callbacks: callbacks)
    try #require(values.count == c.values.count)
    // fp32's rounding of sums of 13 terms, over a handful of updates.
    for (step, (found, expected)) in zip(values, c.values).enumerated() {
      for (a, b) in zip(found, expected) {
        #expect(abs(Double(a) - b) < 3e-6 * max(1, abs(b)), "\(batch)×\(accumulate), update \(step + 1)")
      }
    }
    for (found, expected) in zip(losses, c.losses) {
      #expect(abs(found - expected) < 3e-6 * max(1, expected), "\(batch)×\(accumulate): the epoch's loss")
    }
    #expect(losses.count == c.losses.count)
  }

  /// Batches that count for nothing, between others, change nothing.
  @Test func batchesOfNoWeightMoveNothing() {
    let parameter = Parameter(.zeros([2]))
    var accumulator = GradientAccumulator()
    parameter.gradient = Tensor(shape: [2], values: [3, 4])
    accumulator.begin(weight: 0)
    accumulator.add([parameter], weight: 0)
    accumulator.takeMeans([parameter])
    accumulator.end()
    #expect(parameter.gradient.values == [0, 0])
  }

  /// The sums that older versions wrote are read, and those of plain losses are written as they were.
  @Test func sumsAreWrittenAsBefore() throws {
    var metrics = Metrics()
    metrics.add(loss: 2, correct: 1, count: 4, weight: 4)
    let text = String(decoding: try JSONEncoder().encode(metrics), as: UTF8.self)
    #expect(!text.contains("weight"))
    #expect(try JSONDecoder().decode(Metrics.self, from: Data(text.utf8)) == metrics)
    metrics.add(loss: 1, correct: 0, count: 1, weight: 0.5)
    #expect(metrics.loss == 8.5 / 4.5 && metrics.accuracy == 0.2)
    let again = try JSONDecoder().decode(Metrics.self, from: try JSONEncoder().encode(metrics))
    #expect(again == metrics)
  }
}
