import Testing

@testable import DenseNets

@Suite struct FreezingTests {
  static let configurations = [
    DenseNet.Configuration(
      inputChannels: 2, numClasses: 5, initialFeatures: 7, growthRate: 5, blockLayers: [2, 1, 1], dropRate: 0.3),
    DenseNet.Configuration(
      inputChannels: 2, numClasses: 5, initialFeatures: 7, growthRate: 5, blockLayers: [1, 2, 1], bottleneckWidth: 2,
      compression: 0.7, dropRate: 0.3, convolutionBias: false, naming: .torchvision),
  ]

  /// With running statistics that are not those of the batch.
  static func network(_ configuration: DenseNet.Configuration) -> DenseNet {
    let net = DenseNet(configuration)
    net.initialize(seed: 1)
    var generator = RandomSource(seed: 2)
    for (_, norm) in net.namedBatchNorms {
      norm.weight.value = .uniform([norm.channels], in: 0.5..<1.5, using: &generator)
      norm.bias.value = .uniform([norm.channels], in: -0.5..<0.5, using: &generator)
      norm.runningMean.value = .uniform([norm.channels], in: -0.3..<0.3, using: &generator)
      norm.runningVariance.value = .uniform([norm.channels], in: 0.5..<2, using: &generator)
    }
    return net
  }

  static func images(_ seed: UInt64) -> Tensor {
    var generator = RandomSource(seed: seed)
    return Tensor.uniform([3, 2, 40, 40], in: -1..<1, using: &generator)
  }

  static let labels: [Int32] = [0, 3, 4]

  /// Along a random direction of each parameter, gradients are what the loss does: all together, since a step crosses some of
  /// ReLU's kinks.
  @Test func gradientsWithFrozenNorms() throws {
    for var configuration in Self.configurations {
      configuration.dropRate = 0
      let net = Self.network(configuration)
      net.freezeNorms()
      // Far from 0: a frozen norm, unlike one that measures, does not take the mean out of the stem's gradient.
      let x = Self.images(3) + 1
      let loss = CrossEntropyLoss()
      func value() -> Double { loss(net.forward(x, mode: .training), Self.labels).loss }
      let statistics = net.namedState.filter { $0.name.contains("running") }.map { $0.parameter.value }
      let (_, outputGradient) = loss.lossAndGradient(net.forward(x, mode: .training), Self.labels)
      _ = net.backward(outputGradient, needsInputGradient: false)
      let gradients = net.namedParameters.map { $0.parameter.gradient }
      var generator = RandomSource(seed: 4)
      var (error, length) = (0.0, 0.0)
      for (gradient, (name, parameter)) in zip(gradients, net.namedParameters) {
        guard net.trainableParameters.contains(where: { $0.name == name }) else {
          #expect(gradient.values.allSatisfy { $0 == 0 }, "\(name)")
          continue
        }
        let direction = Tensor.uniform(parameter.shape, in: -1..<1, using: &generator)
        let old = parameter.value
        let step: Float = 2e-4
        parameter.value = old + direction * step
        let above = value()
        parameter.value = old + direction * -step
        let below = value()
        parameter.value = old
        let expected = (above - below) / Double(2 * step)
        let found = zip(gradient.values, direction.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        error += (found - expected) * (found - expected)
        length += expected * expected
      }
      #expect(error.squareRoot() < 0.03 * length.squareRoot())
      #expect(net.namedState.filter { $0.name.contains("running") }.map { $0.parameter.value } == statistics)
    }
  }

  /// What is trained gets the gradients that it would get if all were trained, with frozen norms where it is frozen.
  @Test(arguments: [FrozenPart.features, .blocks(1), .blocks(2), .blocks(3)])
  func frozenPartsStayAndOthersGetTheirGradients(_ part: FrozenPart) throws {
    for configuration in Self.configurations {
      let (net, plain) = (Self.network(configuration), Self.network(configuration))
      try net.freeze(part)
      for (frozen, other) in zip(net.namedBatchNorms, plain.namedBatchNorms) {
        other.layer.isFrozen = frozen.layer.isFrozen
      }
      for (frozen, other) in zip(net.blocks, plain.blocks) {
        for (a, b) in zip(frozen.layers, other.layers) { b.isFrozen = a.isFrozen }
      }
      let before = net.namedState.map { $0.parameter.value }
      for network in [net, plain] {
        let (_, gradient) = CrossEntropyLoss().lossAndGradient(
          network.forward(Self.images(5), mode: .training), Self.labels)
        _ = network.backward(gradient, needsInputGradient: false)
      }
      let trained = Set(net.trainableParameters.map(\.name))
      #expect(!trained.isEmpty && trained.count < net.namedParameters.count)
      for (a, b) in zip(net.namedParameters, plain.namedParameters) where trained.contains(a.name) {
        #expect(a.parameter.gradient == b.parameter.gradient, "\(a.name)")
        #expect(a.parameter.gradient.values.contains { $0 != 0 }, "\(a.name)")
      }
      if part == .features { #expect(trained.allSatisfy { $0.hasPrefix("classifier") || $0.hasPrefix("10") }) }
      SGD(net.trainableParameters.map(\.parameter), learningRate: 0.1).step()
      for (old, (name, parameter)) in zip(before, net.namedState) {
        let norm = String(name.prefix(upTo: name.lastIndex(of: ".")!))
        let isStatistic = name.contains("running")
        let isFrozen = net.namedBatchNorms.first { $0.name == norm }?.layer.isFrozen ?? false
        if isStatistic { #expect((parameter.value == old) == isFrozen, "\(name)") }
        if !isStatistic && !trained.contains(name) { #expect(parameter.value == old, "\(name)") }
      }
    }
  }

  @Test func moreBlocksThanThereAreAreRefused() {
    let net = DenseNet(Self.configurations[0])
    #expect(throws: Failure.self) { try net.freeze(.blocks(4)) }
    #expect(throws: Failure.self) { try net.freeze(.blocks(0)) }
    #expect(net.trainableParameters.count == net.namedParameters.count)
  }

  /// A full batch of 12 is what three batches of 4 come to, but for batch norms, which are frozen here.
  @Test func accumulation() throws {
    var configuration = Self.configurations[0]
    configuration.dropRate = 0
    var generator = RandomSource(seed: 6)
    let images = Tensor.uniform([12, 2, 40, 40], in: -1..<1, using: &generator)
    let labels = (0..<12).map { Int32($0 % 5) }
    func batch(_ range: Range<Int>) -> LabeledBatch {
      let each = 2 * 40 * 40
      return LabeledBatch(
        images: Tensor(
          shape: [range.count, 2, 40, 40],
          storage: Array(images.storage[range.lowerBound * each..<range.upperBound * each])),
        labels: Array(labels[range]))
    }
    func trained(_ batches: [LabeledBatch], _ accumulation: Int) throws -> [Tensor] {
      let net = Self.network(configuration)
      net.freezeNorms()
      let trainer = Trainer(model: net, optimizer: SGD(net, learningRate: 0.1, momentum: 0.9))
      let plan = TrainingPlan(epochs: 2, batchesPerEpoch: batches.count, accumulation: accumulation)
      let result = try trainer.fit(plan, batches: { _, first in batches[first...] }, test: { [batch(0..<2)] })
      #expect(result.last.step == 2)
      #expect(result.last.train.examples == 12)
      return net.namedParameters.map { $0.parameter.value }
    }
    let whole = try trained([batch(0..<12)], 1)
    for (a, b) in zip(whole, try trained([batch(0..<4), batch(4..<9), batch(9..<12)], 3)) {
      for (a, b) in zip(a.values, b.values) { #expect(abs(a - b) < 2e-6) }
    }
  }
}
