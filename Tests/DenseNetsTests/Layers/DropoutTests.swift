import Testing

@testable import DenseNets

/// Dropout inside dense layers (the configuration's `dropRate`).
@Suite struct DropoutTests {
  static let configuration = DenseNet.Configuration(
    inputChannels: 3, numClasses: 5, stem: .cifar, initialFeatures: 16, growthRate: 12, blockLayers: [2, 2],
    bottleneckWidth: 2, dropRate: 0.3, convolutionBias: false, naming: .torchvision)

  @Test(arguments: Path.all)
  func neitherThreadsNorRecomputationChangeABit(_ path: Path) throws {
    let one = try on(path, threads: 1) { StepResult.of(Self.configuration, images: 5, size: 11) }
    for threads in [2, 3] {
      #expect(try on(path, threads: threads) { StepResult.of(Self.configuration, images: 5, size: 11) } == one)
    }
    let again = try on(path) {
      StepResult.of(Self.configuration, images: 5, size: 11, memoryEfficient: true)
    }
    #expect(again == one)
  }

  @Test func dropsTheShareAndScalesTheRest() throws {
    let block = DenseBlock(layers: 1, inputChannels: 16, growthRate: 32, dropRate: 0.3)
    let x = Tensor.randn([4, 16, 9, 9], seed: 1)
    let dropped = block.forward(x, mode: .training)
    let values = dropped.values.enumerated().filter { $0.offset / 81 % 48 >= 16 }.map(\.element)
    let share = Double(values.filter { $0 == 0 }.count) / Double(values.count)
    #expect(abs(share - 0.3) < 0.02)
    let plain = DenseBlock(layers: 1, inputChannels: 16, growthRate: 32)
    for (own, other) in zip(plain.namedState, block.namedState) { own.parameter.value = other.parameter.value }
    let whole = plain.forward(x, mode: .training).values
    for (kept, value) in zip(dropped.values, whole) where kept != 0 && kept != value {
      #expect(abs(kept - value / 0.7) <= 1e-4 * max(1, abs(value)))
    }
    #expect(block.forward(x, mode: .training) != dropped, "each pass has its own mask")
  }

  @Test func inferenceDropsNothing() {
    let net = DenseNet(Self.configuration)
    var plain = Self.configuration
    plain.dropRate = 0
    let other = DenseNet(plain)
    for (own, its) in zip(other.namedState, net.namedState) { own.parameter.value = its.parameter.value }
    #expect(other.namedState.map(\.name) == net.namedState.map(\.name))
    let x = Tensor.randn([2, 3, 12, 12], seed: 2)
    #expect(net(x) == other(x))
  }

  /// The gradient of a sum, by the mask of the pass that the backward pass belongs to.
  @Test(arguments: [2, nil] as [Int?])
  func gradientsAreThoseOfTheMaskedFunction(_ bottleneck: Int?) throws {
    let block = DenseBlock(layers: 2, inputChannels: 4, growthRate: 3, bottleneckWidth: bottleneck, dropRate: 0.4)
    block.initialize(.pytorch, seed: 4)
    let x = Tensor.randn([3, 4, 5, 5], seed: 5)
    let weights = Tensor.randn([3, 10, 5, 5], seed: 6)
    func value(_ x: Tensor) -> Double {
      for layer in block.layers { layer.dropout?.passes = 0 }
      return zip(block.forward(x, mode: .training).values, weights.values).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
    }
    _ = value(x)
    let gradient = block.backward(weights)
    // Along one direction, so that rounding weighs little.
    let direction = Tensor.randn(x.shape, seed: 7)
    let step: Float = 2e-3
    let difference = (value(x + direction * step) - value(x + direction * -step)) / Double(2 * step)
    let expected = zip(gradient.values, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(difference - expected) < 0.03 * max(1, abs(expected)), "\(difference) against \(expected)")
  }
}
