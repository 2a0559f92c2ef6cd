import Testing

@testable import DenseNets

/// One training step's results, to be compared between instruction sets and thread counts.
struct StepResult: Equatable {
  let logits: Tensor
  let loss: Double
  let gradients: [Tensor]
  let state: [Tensor]
  let inputGradient: Tensor

  static func of(_ configuration: DenseNet.Configuration, images: Int, size: Extent) -> StepResult {
    let net = DenseNet(configuration)
    net.initialize(.xavierUniform, seed: 5)
    let x = Tensor.uniform([images, configuration.inputChannels, size.height, size.width], seed: 6)
    let labels = (0..<images).map { Int32($0 % configuration.numClasses) }
    let logits = net.forward(x, mode: .training)
    let result = CrossEntropyLoss()(logits, labels)
    let inputGradient = net.backward(result.gradient!)
    SGD(net, learningRate: 0.1, momentum: 0.9).step()
    return StepResult(
      logits: logits, loss: result.loss, gradients: net.namedParameters.map(\.parameter.gradient),
      state: net.namedState.map(\.parameter.value), inputGradient: inputGradient)
  }
}

@Suite struct KernelTests {
  static let odd = DenseNet.Configuration(
    inputChannels: 3, numClasses: 7, initialFeatures: 24, growthRate: 12, blockLayers: [3, 2, 2])

  /// Nothing depends on how work falls to threads.
  @Test(arguments: Path.all)
  func threadsDoNotChangeABit(_ path: Path) throws {
    let one = try on(path, threads: 1) { StepResult.of(.d2l, images: 19, size: 64) }
    let oneOdd = try on(path, threads: 1) { StepResult.of(Self.odd, images: 5, size: Extent(49, 37)) }
    for threads in [2, 3, 5] {
      #expect(try on(path, threads: threads) { StepResult.of(.d2l, images: 19, size: 64) } == one, "\(threads) threads")
      #expect(
        try on(path, threads: threads) { StepResult.of(Self.odd, images: 5, size: Extent(49, 37)) } == oneOdd,
        "\(threads) threads")
    }
  }

  /// Each instruction set does what the portable code does, up to the order of sums.
  @Test(arguments: instructionSets.filter { $0 != .generic })
  func agreesWithPortableCode(_ isa: InstructionSet) throws {
    let portable = try on(.generic) { StepResult.of(Self.odd, images: 6, size: Extent(49, 37)) }
    let found = try on(isa) { StepResult.of(Self.odd, images: 6, size: Extent(49, 37)) }
    expectClose(found.logits, portable.logits, 1e-5, "logits")
    #expect(abs(found.loss - portable.loss) < 1e-6)
    expectClose(found.inputGradient, portable.inputGradient, 1e-4, "input gradient")
    let net = DenseNet(Self.odd)
    for (index, name) in net.namedParameters.map(\.name).enumerated() {
      let greatest = portable.gradients[index].values.reduce(0) { max($0, abs($1)) }
      if greatest > 1e-4 { expectClose(found.gradients[index], portable.gradients[index], 2e-4, name) }
    }
    for (index, name) in net.namedState.map(\.name).enumerated() {
      expectClose(found.state[index], portable.state[index], 2e-5, name)
    }
  }

  /// A batch is as good as its images one by one: tiles of several images do not mix them.
  @Test(arguments: Path.all)
  func imagesDoNotMix(_ path: Path) throws {
    try on(path) {
      let net = DenseNet(Self.odd)
      net.initialize(.heNormal, seed: 1)
      let x = Tensor.randn([7, 3, 41, 53], seed: 2)
      let together = net(x)
      for image in 0..<7 {
        #expect(net(x[image..<image + 1]) == together[image..<image + 1], "image \(image)")
      }
    }
  }

  /// Memory that a larger batch left behind does not leak into a smaller one.
  @Test func smallerBatchAfterLarger() throws {
    let fresh = StepResult.of(Self.odd, images: 3, size: 40)
    let net = DenseNet(Self.odd)
    net.initialize(.xavierUniform, seed: 5)
    _ = net.backward(net.forward(.full([9, 3, 56, 48], .nan), mode: .training))
    net.initialize(.xavierUniform, seed: 5)
    let logits = net.forward(.uniform([3, 3, 40, 40], seed: 6), mode: .training)
    #expect(logits == fresh.logits)
    let loss = CrossEntropyLoss()(logits, [0, 1, 2])
    _ = net.backward(loss.gradient!, needsInputGradient: false)
    #expect(net.namedParameters.map(\.parameter.gradient) == fresh.gradients)
  }

  /// A value that is not a number reaches the loss instead of vanishing in a ReLU.
  @Test(arguments: instructionSets)
  func notANumberComesThrough(_ isa: InstructionSet) throws {
    try on(isa) {
      let net = DenseNet(Self.odd)
      var x = Tensor.randn([2, 3, 40, 40], seed: 1)
      x[1, 2, 20, 20] = .nan
      #expect(net.forward(x, mode: .training).values.contains { $0.isNaN })
    }
  }

  @Test func denormalsAreFlushedOnEveryThread() throws {
    let device = try Device.cpu(threads: 3)
    let values = Buffer<Float>(128)
    for i in 0..<64 { values[i] = .leastNormalMagnitude }
    func halve(_ i: Int) { values[64 + i] = values[i] * values[(i + 1) % 64].squareRoot().squareRoot() }
    device.run(64) { item, _ in halve(item) }
    #expect((64..<128).allSatisfy { values[$0] == 0 })
    for i in 0..<64 { values[i] = .leastNormalMagnitude }
    values[64] = values[0] * Float.random(in: 0.25..<0.5)
    #expect(values[64] > 0, "the caller's mode is restored")
  }

  @Test(arguments: instructionSets)
  func peakIsPlausible(_ isa: InstructionSet) throws {
    let peak = try Device.cpu(threads: 1, instructionSet: isa).measurePeak()
    #expect(peak > 1e9 && peak < 1e13)
  }
}
