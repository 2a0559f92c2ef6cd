import Foundation
import Testing

@testable import DenseNets

/// `BCEWithLogitsLoss` in float64, as make_label_fixtures.py writes it.
private struct LabelLossCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let logits, targets, mask: [[Float]]
  let weights: [Double]?
  let smoothing: Double
  let loss: Double
  let gradient: [[Double]]
  let weight: Double
  let correct, decisions: Int

  var testDescription: String { name }

  static let all: [LabelLossCase] = {
    let url = Fixture.folder.appendingPathComponent("networks/label_losses.json")
    return (try? JSONDecoder().decode([LabelLossCase].self, from: Data(contentsOf: url))) ?? []
  }()
}

@Suite struct LabelLossTests {
  private func tensor(_ rows: [[Float]]) -> Tensor {
    Tensor(shape: [rows.count, rows[0].count], values: rows.flatMap { $0 })
  }

  @Test func thereAreCases() { #expect(LabelLossCase.all.count == 8) }

  @Test(arguments: LabelLossCase.all)
  fileprivate func agreesWithPyTorch(_ fixture: LabelLossCase) {
    let loss = BinaryCrossEntropyLoss(labelSmoothing: fixture.smoothing, positiveWeights: fixture.weights)
    let (result, gradient) = loss.lossAndGradient(
      tensor(fixture.logits), tensor(fixture.targets), mask: tensor(fixture.mask))
    // Masks and targets are what fp32 keeps, so the arithmetic is PyTorch's in float64.
    #expect(abs(result.loss - fixture.loss) <= 1e-12 * max(1, abs(fixture.loss)))
    #expect(abs(result.weight - fixture.weight) <= 1e-12 * fixture.weight)
    #expect(result.correct == fixture.correct && result.decisions == fixture.decisions)
    for (found, expected) in zip(gradient.values, fixture.gradient.joined()) {
      // Half a unit of fp32; PyTorch's formula subtracts numbers near 1 in float64.
      #expect(abs(Double(found) - expected) <= 6e-8 * abs(expected) + 3e-16)
    }
    let value = loss(tensor(fixture.logits), tensor(fixture.targets), mask: tensor(fixture.mask))
    #expect(value == result)
  }

  @Test func nothingKnownIsNoLossAndNoGradient() {
    let logits = Tensor(shape: [2, 2], values: [1, -3, 80, 0])
    let (result, gradient) = BinaryCrossEntropyLoss(positiveWeights: [2, 3]).lossAndGradient(
      logits, .ones([2, 2]), mask: .zeros([2, 2]))
    #expect(result.loss == 0 && result.weight == 0 && result.decisions == 0)
    #expect(gradient.values.allSatisfy { $0 == 0 })
  }

  /// Images of 2×2, with a linear layer as the network.
  private func batches(_ sizes: [Int], masks: [[Float]]) -> [LabeledBatch] {
    var image = 0
    return zip(sizes, masks).map { count, mask in
      let images = Tensor(
        shape: [count, 4], values: (0..<count * 4).map { Float(sin(Double(image * 4 + $0) * 1.7)) })
      let targets = Tensor(shape: [count, 3], values: (0..<count * 3).map { Float(($0 + image) % 2) })
      image += count
      return LabeledBatch(images: images, targets: targets, mask: Tensor(shape: [count, 3], values: mask))
    }
  }

  private func layer() -> Linear {
    let layer = Linear(4, 3, initialization: nil)
    layer.initialize(.pytorch, seed: 3)
    return layer
  }

  private func trained(_ batches: [LabeledBatch], accumulation: Int) throws -> (weights: [Float], metrics: Metrics) {
    let model = layer()
    let trainer = Trainer(
      model: model, optimizer: SGD(model, learningRate: 0.5), loss: BinaryCrossEntropyLoss(positiveWeights: [1, 2, 5]))
    let plan = TrainingPlan(epochs: 1, batchesPerEpoch: batches.count, accumulation: accumulation)
    let result = try trainer.fit(plan, batches: { _, _ in batches }, test: { batches })
    return (model.namedParameters.flatMap { $0.parameter.value.values }, result.last.train)
  }

  /// Σ m·w·l / Σ m over the update, however unevenly the known labels lie in its batches.
  @Test func accumulatedBatchesAreOneLargeBatch() throws {
    let masks: [[Float]] = [[1, 0, 0, 0, 0, 0], [0, 0, 0], [1, 1, 1, 1, 0, 1, 1, 1, 1]]
    let parts = batches([2, 1, 3], masks: masks)
    let whole = LabeledBatch(
      images: Tensor.concatenated(parts.map(\.images), axis: 0),
      targets: Tensor.concatenated(parts.map { $0.targets! }, axis: 0),
      mask: Tensor.concatenated(parts.map { $0.mask! }, axis: 0))
    let (some, someMetrics) = try trained(parts, accumulation: 3)
    let (all, allMetrics) = try trained([whole], accumulation: 1)
    for (a, b) in zip(some, all) { #expect(abs(a - b) <= 1e-6) }
    #expect(abs(someMetrics.loss - allMetrics.loss) <= 1e-7)
    #expect(someMetrics.accuracy == allMetrics.accuracy && someMetrics.examples == 6)
  }

  @Test func anUpdateWithoutAKnownLabelChangesNothing() throws {
    let none = batches([1, 1], masks: [[0, 0, 0], [0, 0, 0]])
    let start = layer()
    for accumulation in [1, 2] {
      let (weights, _) = try trained(none, accumulation: accumulation)
      #expect(weights == start.namedParameters.flatMap { $0.parameter.value.values })
    }
  }

  @Test func theMeanOfTwoViewsIsThatOfTheirSigmoids() {
    let images = Tensor(shape: [1, 1, 1, 2], values: [-40, 3])
    // The network's logits are the image itself, so that the mirrored view exchanges them.
    let logits = TestTimeAugmentation.flip.logits(images, activation: .sigmoid) {
      Tensor(shape: [1, 2], values: $0.values)
    }
    let mean = (sigmoid(-40) + sigmoid(3)) / 2
    for value in logits.values { #expect(abs(sigmoid(Double(value)) - mean) < 1e-7) }
    #expect(sigmoid(800) == 1 && sigmoid(-800) == 0 && sigmoid(0) == 0.5)
  }

  /// As checkpoints keep it: a run that resumes compares its epochs with the best one's AUROC, not with its accuracy.
  @Test func theRankingSurvivesACheckpoint() throws {
    let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
    (encoder.keyEncodingStrategy, decoder.keyDecodingStrategy) = (.convertToSnakeCase, .convertFromSnakeCase)
    let ranking = LabelRanking(meanAUROC: 0.75, meanAveragePrecision: 0.5)
    let data = try encoder.encode(ranking)
    #expect(String(decoding: data, as: UTF8.self).contains("\"mean_auroc\":0.75"))
    #expect(try decoder.decode(LabelRanking.self, from: data) == ranking)
  }
}
