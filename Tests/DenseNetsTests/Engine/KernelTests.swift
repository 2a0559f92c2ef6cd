import Foundation
import Synchronization
import Testing

@testable import DenseNets

/// One training step's results, to be compared between instruction sets and thread counts.
struct StepResult: Equatable {
  let logits: Tensor
  let loss: Double
  let gradients: [Tensor]
  let state: [Tensor]
  let inputGradient: Tensor

  static func of(
    _ configuration: DenseNet.Configuration, images: Int, size: Extent, memoryEfficient: Bool = false
  ) -> StepResult {
    let net = DenseNet(configuration)
    net.memoryEfficient = memoryEfficient
    net.initialize(.xavierUniform, seed: 5)
    let x = Tensor.uniform([images, configuration.inputChannels, size.height, size.width], seed: 6)
    let labels = (0..<images).map { Int32($0 % configuration.numClasses) }
    let logits = net.forward(x, mode: .training)
    let (result, gradient) = CrossEntropyLoss().lossAndGradient(logits, labels)
    let inputGradient = net.backward(gradient)
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
  @Test(arguments: Path.all.filter { $0.instructionSet != .generic })
  func agreesWithPortableCode(_ path: Path) throws {
    let generic = Path(instructionSet: .generic, convolution: path.convolution, precision: path.precision)
    let portable = try on(generic) { StepResult.of(Self.odd, images: 6, size: Extent(49, 37)) }
    let found = try on(path) { StepResult.of(Self.odd, images: 6, size: Extent(49, 37)) }
    guard path.precision == .fp32 else { return compareHalf(found, portable) }
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

  /// Sums in another order round to another bf16 here and there (and `avx512bf16` rounds a direct convolution's operands
  /// too), and a value that moves across ReLU's kink takes its gradient along: no single element is comparable, but each
  /// tensor is, as far as PyTorch's own bf16 is from float64 in its worst tensor.
  func compareHalf(_ found: StepResult, _ portable: StepResult) {
    expectClose(found.logits, portable.logits, 1e-2, "logits")
    #expect(abs(found.loss - portable.loss) < 1e-2)
    let net = DenseNet(Self.odd)
    // Batch norm nearly cancels the gradient of the stem's gamma while its beta is 0.
    for (index, name) in net.namedParameters.map(\.name).enumerated() where name != "0.1.weight" {
      let greatest = portable.gradients[index].values.reduce(0) { max($0, abs($1)) }
      if greatest > 1e-3 {
        let error = relativeError(found.gradients[index], portable.gradients[index])
        #expect(error < 0.39, "gradient of \(name): \(error)")
      }
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

  /// Nothing that an earlier call left behind, larger or of another shape or mode, leaks into a step.
  @Test(arguments: Path.all)
  func earlierCallsLeaveNoTrace(_ path: Path) throws {
    try on(path) {
      let fresh = StepResult.of(Self.odd, images: 3, size: 40)
      let net = DenseNet(Self.odd)
      net.initialize(.xavierUniform, seed: 5)
      _ = net.backward(net.forward(.full([9, 3, 56, 48], .nan), mode: .training))
      _ = net.forward(.full([11, 3, 48, 61], .nan), mode: .inference)
      net.initialize(.xavierUniform, seed: 5)
      let logits = net.forward(.uniform([3, 3, 40, 40], seed: 6), mode: .training)
      #expect(logits == fresh.logits)
      let (_, gradient) = CrossEntropyLoss().lossAndGradient(logits, [0, 1, 2])
      #expect(net.backward(gradient) == fresh.inputGradient)
      #expect(net.namedParameters.map(\.parameter.gradient) == fresh.gradients)
    }
  }

  /// What is computed again in the backward pass is what would have been kept.
  @Test(arguments: Path.all)
  func recomputingChangesNoBit(_ path: Path) throws {
    for threads in [1, 3] {
      try on(path, threads: threads) {
        #expect(
          StepResult.of(Self.odd, images: 5, size: Extent(49, 37), memoryEfficient: true)
            == StepResult.of(Self.odd, images: 5, size: Extent(49, 37)))
        #expect(
          StepResult.of(.d2l, images: 33, size: 40, memoryEfficient: true) == StepResult.of(.d2l, images: 33, size: 40))
      }
    }
  }

  /// A value that is not a number reaches the loss instead of vanishing in a ReLU.
  @Test(arguments: instructionSets)
  func notANumberComesThrough(_ isa: InstructionSet) throws {
    try on(isa) {
      let net = DenseNet(Self.odd)
      var x = Tensor.randn([2, 3, 40, 40], seed: 1)
      x[1, 2, 20, 20] = .nan
      #expect(net.forward(x, mode: .training).values.contains { $0.isNaN })
      let norm = try #require(net.namedBatchNorms.first).layer
      #expect(norm.runningVariance.value.values.allSatisfy { $0.isNaN })
    }
  }

  @Test func denormalsAreFlushedOnEveryThread() throws {
    let threads = 3
    let device = try Device.cpu(threads: threads)
    let values = Buffer<Float>(2 * threads)
    let halves = Buffer<Float>(threads)
    let arrived = Atomic<Int>(0)
    func halve(_ i: Int) { values[threads + i] = values[i] * halves[i] }  // a denormal
    for i in 0..<threads { (values[i], halves[i]) = (.leastNormalMagnitude, 0.5) }
    halve(0)
    #expect(values[threads] > 0, "the caller's own arithmetic has denormals")
    let deadline = ContinuousClock.now + .seconds(20)
    device.run(threads) { item, _ in
      // Every thread keeps its item until all have one.
      arrived.add(1, ordering: .sequentiallyConsistent)
      while arrived.load(ordering: .sequentiallyConsistent) < threads && ContinuousClock.now < deadline { spinPause() }
      halve(item)
    }
    #expect(arrived.load(ordering: .sequentiallyConsistent) == threads)
    #expect((0..<threads).allSatisfy { values[threads + $0] == 0 })
    halve(0)
    #expect(values[threads] > 0, "and has them again after the run")
  }

  /// The widest, or the one before pairs of bf16 where they do not pay.
  @Test func theBestSetIsAmongTheWidest() throws {
    let widest = InstructionSet.available.last!
    #expect(InstructionSet.best == widest || (widest == .avx512bf16 && InstructionSet.best == .avx512))
    if InstructionSet.avx512bf16.isAvailable {
      let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
      if info.contains("GenuineIntel") { #expect(InstructionSet.best == .avx512) }
      if info.contains("AuthenticAMD") { #expect(InstructionSet.best == .avx512bf16) }
    }
  }

  @Test(arguments: instructionSets)
  func peakIsPlausible(_ isa: InstructionSet) throws {
    let peak = try Device.cpu(threads: 1, instructionSet: isa).measurePeak()
    #expect(peak > 1e9 && peak < 1e13)
  }
}
