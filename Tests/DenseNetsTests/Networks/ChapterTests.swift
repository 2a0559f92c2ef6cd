import Testing

@testable import DenseNets

/// The code cells of the DenseNet chapter, translated nearly word for word.
@Suite struct ChapterTests {
  func convBlock(_ inputChannels: Int, _ numChannels: Int) -> Sequential {
    Sequential(
      BatchNorm2d(inputChannels), ReLU(), Conv2d(inputChannels, numChannels, kernelSize: 3, padding: 1))
  }

  /// The chapter's own dense block, a loop with a concatenation: the definition that the fused block must equal.
  final class PlainDenseBlock: Layer {
    let net: Sequential

    init(_ blocks: [Sequential]) { net = Sequential(blocks) }

    var children: [(name: String, layer: any Layer)] { [("net", net)] }
    func outputShape(_ shape: [Int]) throws -> [Int] { shape }

    func forward(_ x: Tensor, mode: Mode) -> Tensor {
      net.layers.reduce(x) { x, block in Tensor.concatenated([x, block.forward(x, mode: mode)], axis: 1) }
    }

    func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
      net.layers.reversed().reduce(outputGradient) { gradient, block in
        let growth = block.namedParameters.last!.parameter.value.count
        let channels = gradient.shape[1] - growth
        return gradient.sliced(0..<channels, axis: 1)
          + block.backward(gradient.sliced(channels..<channels + growth, axis: 1))
      }
    }
  }

  func transitionBlock(_ inputChannels: Int, _ numChannels: Int) -> Sequential {
    Sequential(
      BatchNorm2d(inputChannels), ReLU(), Conv2d(inputChannels, numChannels, kernelSize: 1),
      AvgPool2d(2, stride: 2))
  }

  @Test func shapes() {
    let blk = DenseBlock(layers: 2, inputChannels: 3, growthRate: 10)
    let x = Tensor.randn([4, 3, 8, 8])
    let y = blk(x)
    #expect(y.shape == [4, 23, 8, 8])
    #expect(Transition(inputChannels: 23, outputChannels: 10)(y).shape == [4, 10, 4, 4])
    #expect(transitionBlock(23, 10)(y).shape == [4, 10, 4, 4])
  }

  /// The chapter's `net`, layer by layer.
  func chapterNet() -> Sequential {
    let b1 = Sequential(
      Conv2d(1, 64, kernelSize: 7, stride: 2, padding: 3), BatchNorm2d(64), ReLU(),
      MaxPool2d(3, stride: 2, padding: 1))
    var (numChannels, growthRate) = (64, 32)
    let numConvsInDenseBlocks = [4, 4, 4, 4]
    let net = Sequential(b1)
    for (i, numConvs) in numConvsInDenseBlocks.enumerated() {
      net.append(PlainDenseBlock((0..<numConvs).map { convBlock(numChannels + $0 * growthRate, growthRate) }))
      numChannels += numConvs * growthRate
      if i != numConvsInDenseBlocks.count - 1 {
        net.append(transitionBlock(numChannels, numChannels / 2))
        numChannels = numChannels / 2
      }
    }
    growthRate = 0
    for layer: any Layer in [BatchNorm2d(numChannels), ReLU(), GlobalAvgPool2d(), Flatten(), Linear(numChannels, 10)] {
      net.append(layer)
    }
    return net
  }

  /// The fused network has the chapter's names, and equals the chapter's network in every number.
  @Test(arguments: instructionSets)
  func fusedEqualsPlain(_ isa: InstructionSet) throws {
    try on(isa) {
      let plain = chapterNet()
      let fused = DenseNet(.d2l)
      #expect(plain.namedState.map(\.name) == fused.namedState.map(\.name))
      #expect(plain.parameterCount == 758_226)
      fused.initialize(.xavierUniform, seed: 3)
      var generator = RandomSource(seed: 4)
      for ((name, to), (_, from)) in zip(plain.namedState, fused.namedState) {
        // With γ = 1 and β = 0 some gradients vanish in exact arithmetic.
        if from.value.rank == 1 {
          let isShift = name.hasSuffix("bias") || name.hasSuffix("mean")
          from.value = .uniform(from.value.shape, in: isShift ? -0.5..<0.5 : 0.5..<1.5, using: &generator)
        }
        to.value = from.value
      }
      let x = Tensor.uniform([3, 1, 96, 96], seed: 5)
      expectClose(fused(x), plain(x), 1e-5, "inference")
      let logits = plain.forward(x, mode: .training)
      expectClose(fused.forward(x, mode: .training), logits, 2e-5, "training")
      let (_, gradient) = CrossEntropyLoss().lossAndGradient(logits, [3, 0, 9])
      expectClose(fused.backward(gradient), plain.backward(gradient), 1e-3, "input gradient")
      for ((name, found), (_, expected)) in zip(fused.namedParameters, plain.namedParameters) {
        let greatest = expected.gradient.values.reduce(0) { max($0, abs($1)) }
        if greatest > 1e-4 { expectClose(found.gradient, expected.gradient, 1e-3, name) }
      }
      for ((name, found), (_, expected)) in zip(fused.namedState, plain.namedState) {
        expectClose(found.value, expected.value, 2e-5, name)
      }
    }
  }

  @Test func summaryAddsUp() throws {
    let net = DenseNet(.d2l)
    let lines = try net.summary(inputShape: [2, 1, 96, 96])
    #expect(lines.reduce(0) { $0 + $1.parameters } == 758_226)
    #expect(lines.last?.outputShape == [2, 10])
    #expect(
      try lines.reduce(0) { $0 + $1.multiplyAdds }
        == chapterNet().layers.reduce((0, [2, 1, 96, 96])) {
          // The plain block does not report its work; count its convolutions on the same maps.
          guard let block = $1 as? PlainDenseBlock else {
            return ($0.0 + (try $1.multiplyAdds($0.1)), try $1.outputShape($0.1))
          }
          var (total, shape) = $0
          for conv in block.net.layers {
            total += try conv.multiplyAdds(shape)
            shape[1] += 32
          }
          return (total, shape)
        }.0)
  }

  @Test func smallestImage() throws {
    let net = DenseNet(.d2l)
    #expect(net.minimumSize == 29)
    #expect(net(.zeros([1, 1, 29, 29])).shape == [1, 10])
    #expect(throws: Failure.self) { try net.outputShape([1, 1, 28, 96]) }
  }

  @Test func deviceSeam() {
    #expect("\(Device.tryGPU())" == "cpu")
    #expect(throws: Failure.self) { try Device.cpu(threads: 0) }
  }
}
