import Testing

@testable import DenseNets

/// What answers in inference equals the network that it was made from.
@Suite struct PredictorTests {
  static let networks: [(String, DenseNet.Configuration, Extent)] = [
    ("the chapter's kind", .init(inputChannels: 2, numClasses: 7, growthRate: 20, blockLayers: [2, 3, 2]), 70),
    (
      "Table 1's kind",
      .init(
        inputChannels: 3, numClasses: 11, initialFeatures: 24, growthRate: 12, blockLayers: [2, 3, 2, 2],
        bottleneckWidth: 4, convolutionBias: false, naming: .torchvision), Extent(97, 66)
    ),
    ("CIFAR's plain kind", try! .cifar(depth: 13, growthRate: 12, bottleneck: false, inputChannels: 1), 28),
    ("CIFAR's BC kind", try! .cifar(depth: 22, growthRate: 12, bottleneck: true), 32),
    (
      "max pools",
      .init(inputChannels: 3, numClasses: 5, growthRate: 20, blockLayers: [2, 1, 2], transitionPool: .max),
      Extent(75, 58)
    ),
  ]

  /// Random running statistics, so that losing one shows.
  static func network(_ configuration: DenseNet.Configuration, seed: UInt64 = 3) -> DenseNet {
    let net = DenseNet(configuration)
    net.initialize(seed: seed)
    for (index, norm) in net.namedBatchNorms.map(\.layer).enumerated() {
      let seed = seed &+ 10 &* UInt64(index)
      norm.weight.value = .uniform([norm.channels], in: 0.8..<1.2, seed: seed)
      norm.bias.value = .uniform([norm.channels], in: -0.2..<0.2, seed: seed + 1)
      norm.runningMean.value = .uniform([norm.channels], in: -0.3..<0.3, seed: seed + 2)
      norm.runningVariance.value = .uniform([norm.channels], in: 0.5..<1.5, seed: seed + 3)
    }
    return net
  }

  @Test(arguments: Path.all, networks.map(\.0))
  func equalsTheNetwork(_ path: Path, _ name: String) throws {
    let (_, configuration, size) = Self.networks.first { $0.0 == name }!
    try on(path) {
      let net = Self.network(configuration)
      let predictor = Predictor(net)
      for images in [1, 5, 19] {
        let x = Tensor.randn([images, configuration.inputChannels, size.height, size.width], seed: 8)
        let expected = net(x)
        expectClose(
          try predictor.logits(x), expected, path.precision == .fp32 ? 2e-5 : 3e-2, "logits of \(images) images")
      }
    }
  }

  @Test(arguments: Path.all)
  func threadsDoNotChangeABit(_ path: Path) throws {
    for (name, configuration, size) in Self.networks {
      let x = Tensor.randn([3, configuration.inputChannels, size.height, size.width], seed: 8)
      let one = try on(path, threads: 1) { try Predictor(Self.network(configuration)).logits(x) }
      for threads in [2, 3, 5] {
        let found = try on(path, threads: threads) { try Predictor(Self.network(configuration)).logits(x) }
        #expect(found == one, "\(name), \(threads) threads")
      }
    }
  }

  @Test func featuresMakeTheLogits() throws {
    let (_, configuration, size) = Self.networks[1]
    let net = Self.network(configuration)
    let predictor = Predictor(net)
    let x = Tensor.randn([3, 3, size.height, size.width], seed: 8)
    let features = try predictor.features(x)
    #expect(features.shape == [3, net.classifier.inputFeatures])
    expectClose(net.classifier(features), try predictor.logits(x), 2e-5, "logits from features")
    let maps = try predictor.activations(x)
    #expect(maps.shape.prefix(2) == [3, net.classifier.inputFeatures])
    expectClose(GlobalAvgPool2d()(maps).reshaped(features.shape), features, 1e-5, "features from maps")
    #expect(
      predictor.classifierWeights(of: 2).values
        == net.classifier.weight.value.values.dropFirst(2 * features.shape[1]).prefix(features.shape[1]).map { $0 })
  }

  /// One pass makes the same bits as a pass for each output, and nothing that was not asked for.
  @Test(arguments: Path.all)
  func onePassMakesAllOutputs(_ path: Path) throws {
    for (name, configuration, size) in Self.networks {
      let x = Tensor.randn([3, configuration.inputChannels, size.height, size.width], seed: 8)
      try on(path) {
        let predictor = Predictor(Self.network(configuration))
        let all = try predictor.run(x, outputs: [.logits, .features, .activations, .maps])
        #expect(all.logits == (try predictor.logits(x)), "\(name)")
        #expect(all.features == (try predictor.features(x)), "\(name)")
        #expect(all.activations == (try predictor.activations(x)), "\(name)")
        let logits = try predictor.run(x)
        #expect(logits.logits == all.logits && logits.features == nil && logits.activations == nil)
        #expect(logits.maps == nil && all.maps?.count == configuration.blockLayers.count)
        let features = try predictor.run(x, outputs: .features)
        #expect(features.logits == nil && features.features == all.features && features.activations == nil)
      }
    }
  }

  /// Each block begins with what came in, and a transition makes the next block's beginning of the whole.
  @Test func mapsAreThoseOfTheBlocks() throws {
    for (name, configuration, size) in Self.networks {
      let net = Self.network(configuration)
      let x = Tensor.randn([3, configuration.inputChannels, size.height, size.width], seed: 8)
      let output = try Predictor(net).run(x, outputs: [.maps, .activations])
      let maps = try #require(output.maps)
      #expect(maps.map { $0.shape[1] } == net.blocks.map(\.outputChannels), "\(name)")
      for (index, block) in net.blocks.enumerated() {
        let input = maps[index].sliced(0..<block.inputChannels, axis: 1)
        expectClose(block(input), maps[index], 2e-5, "\(name), block \(index + 1)")
        guard index > 0 else { continue }
        let before = net.transitions[index - 1]
        let transition = Transition(
          source: ChannelLayout(slices: [before.inputChannels]), outputChannels: before.outputChannels,
          pool: before.pool, bias: configuration.convolutionBias)
        for (own, its) in zip(transition.namedState, before.namedState) { own.parameter.value = its.parameter.value }
        expectClose(transition(maps[index - 1]), input, 2e-5, "\(name), transition \(index)")
      }
      let norm = try #require(net.namedBatchNorms.last).layer
      expectClose(ReLU()(norm(maps.last!)), try #require(output.activations), 2e-5, "\(name), activations")
    }
  }

  @Test func severalTasksAtOnce() async throws {
    let (_, configuration, size) = Self.networks[3]
    let predictor = Predictor(Self.network(configuration))
    let inputs = (0..<8).map { Tensor.randn([$0 % 3 + 1, 3, size.height, size.width], seed: UInt64($0)) }
    let expected = try inputs.map { try predictor.logits($0) }
    let found = try await withThrowingTaskGroup(of: (Int, Tensor).self) { group in
      for (index, input) in inputs.enumerated() { group.addTask { (index, try predictor.logits(input)) } }
      return try await group.reduce(into: [Int: Tensor]()) { $0[$1.0] = $1.1 }
    }
    for (index, logits) in expected.enumerated() { #expect(found[index] == logits) }
  }

  @Test func wrongShapesAreErrors() throws {
    let predictor = Predictor(Self.network(Self.networks[1].1))
    #expect(throws: Failure.self) { try predictor.logits(.zeros([1, 2, 64, 64])) }
    #expect(throws: Failure.self) { try predictor.logits(.zeros([1, 3, 8, 8])) }
    #expect(throws: Failure.self) { try predictor.logits(.zeros([0, 3, 64, 64])) }
    #expect(throws: Failure.self) { try predictor.logits(.zeros([3, 64, 64])) }
  }
}
