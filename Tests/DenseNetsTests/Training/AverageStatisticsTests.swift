import Testing

@testable import DenseNets

/// Averaged weights are tested with statistics that are measured for them.
@Suite struct AverageStatisticsTests {
  private func images(_ seed: UInt64, _ count: Int) -> [LabeledBatch] {
    TrainingTests().batches(count, of: 8, seed: seed)
  }

  /// - Parameter statistics: the seed of two batches; nil: statistics are averaged.
  /// - Returns: the network, and its state when it was tested.
  private func trained(_ configuration: DenseNet.Configuration, statistics: UInt64?) throws -> (
    net: DenseNet, tested: [String: [Float]]
  ) {
    let net = DenseNet(configuration)
    net.initialize(seed: 5)
    let trainer = Trainer(
      model: net, optimizer: SGD(net, learningRate: 0.1), average: ExponentialMovingAverage(of: net, decay: 0.9))
    var tested: [String: [Float]] = [:]
    var callbacks = Trainer.Callbacks()
    callbacks.onEpoch = { _, _ in
      for (name, parameter) in net.namedState { tested[name] = parameter.value.storage }
    }
    _ = try trainer.fit(
      TrainingPlan(epochs: 2, batchesPerEpoch: 4), batches: { epoch, _ in images(UInt64(epoch), 4) },
      statistics: statistics.map { seed in { _ in images(seed, 2) } }, test: { images(9, 1) }, callbacks: callbacks)
    return (net, tested)
  }

  @Test func theyAreAveragesOverBatches() throws {
    let found = try trained(TrainingTests.small, statistics: 30).tested
    let net = DenseNet(TrainingTests.small)
    for (name, parameter) in net.namedState { parameter.value.storage = found[name]! }
    var wanted: [String: [Float]] = [:]
    for batch in images(30, 2) {
      for (_, norm) in net.namedBatchNorms {
        (norm.runningMean.value, norm.runningVariance.value) = (.zeros([norm.channels]), .zeros([norm.channels]))
      }
      _ = net.forward(batch.images, mode: .training)
      for (name, norm) in net.namedBatchNorms {
        for (part, own) in [("running_mean", norm.runningMean), ("running_var", norm.runningVariance)] {
          let values = own.value.storage.map { $0 / norm.momentum / 2 }
          wanted["\(name).\(part)"] = wanted["\(name).\(part)"].map { zip($0, values).map { $0 + $1 } } ?? values
        }
      }
    }
    #expect(wanted.count == 2 * net.namedBatchNorms.count)
    for (name, values) in wanted {
      for (a, b) in zip(values, found[name]!) {
        #expect(abs(a - b) <= 1e-4 * max(1, abs(a)), "\(name): \(a) wanted, \(b) found")
      }
    }
    let averaged = try trained(TrainingTests.small, statistics: nil).tested
    #expect(wanted.keys.contains { averaged[$0] != found[$0] })
  }

  @Test func trainingItselfIsAsBefore() throws {
    var configuration = TrainingTests.small
    configuration.dropRate = 0.3
    let (plain, measured) = (try trained(configuration, statistics: nil), try trained(configuration, statistics: 30))
    for (a, b) in zip(plain.net.namedState, measured.net.namedState) {
      #expect(a.parameter.value == b.parameter.value, "\(a.name)")
    }
    for (a, b) in zip(plain.net.namedBatchNorms, measured.net.namedBatchNorms) {
      #expect(a.layer.batchesTracked == b.layer.batchesTracked)
    }
    for (a, b) in zip(plain.net.namedDropouts, measured.net.namedDropouts) {
      #expect(a.layer.passes == b.layer.passes && a.layer.passes > 0)
    }
    for (name, values) in plain.tested where !name.contains("running") { #expect(measured.tested[name] == values) }
  }
}
