import Testing

@testable import DenseNets

/// Backward passes against central differences of forward passes: shapes that no reference file has.
@Suite struct FiniteDifferenceTests {
  /// A layer, the shape of its input, and a step small enough to cross few kinks and large enough for fp32.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let shape: [Int]
    let step: Float
    let make: @Sendable () -> any Layer
    var testDescription: String { "\(name) \(shape)" }
  }

  static let cases: [Case] = [
    Case(name: "conv 3x3 s1 p1", shape: [1, 3, 5, 7], step: 1e-2) { Conv2d(3, 5, kernelSize: 3, padding: 1) },
    Case(name: "conv 5x3 s2x3 p2x0", shape: [2, 2, 9, 11], step: 1e-2) {
      Conv2d(2, 7, kernelSize: Extent(5, 3), stride: Extent(2, 3), padding: Extent(2, 0), bias: false)
    },
    Case(name: "conv 1x1 s2 p3", shape: [1, 4, 6, 5], step: 1e-2) {
      Conv2d(4, 33, kernelSize: 1, stride: 2, padding: 3)
    },
    Case(name: "conv 7x7 s2 p3", shape: [1, 1, 13, 10], step: 1e-2) {
      Conv2d(1, 17, kernelSize: 7, stride: 2, padding: 3)
    },
    Case(name: "conv of the whole map", shape: [3, 5, 4, 4], step: 1e-2) { Conv2d(5, 40, kernelSize: 4) },
    Case(name: "batch norm", shape: [2, 19, 3, 5], step: 1e-2) { BatchNorm2d(19) },
    Case(name: "batch norm of one image", shape: [1, 3, 2, 3], step: 1e-2) { BatchNorm2d(3) },
    Case(name: "relu", shape: [2, 3, 4, 5], step: 1e-3) { ReLU() },
    Case(name: "dropout", shape: [2, 3, 4, 5], step: 1e-2) { Dropout(0.4, seed: 3) },
    Case(name: "max pool 3 s2 p1", shape: [1, 17, 7, 6], step: 1e-3) { MaxPool2d(3, stride: 2, padding: 1) },
    Case(name: "average pool 3 s2 p1", shape: [1, 17, 7, 6], step: 1e-2) { AvgPool2d(3, stride: 2, padding: 1) },
    Case(name: "global average pool", shape: [2, 5, 3, 7], step: 1e-2) { GlobalAvgPool2d() },
    Case(name: "flatten", shape: [2, 3, 2, 2], step: 1e-2) { Flatten() },
    Case(name: "linear", shape: [1, 37], step: 1e-2) { Linear(37, 11) },
    Case(name: "dense block", shape: [1, 5, 7, 5], step: 5e-4) {
      DenseBlock(layers: 3, inputChannels: 5, growthRate: 7)
    },
    Case(name: "dense block with bottlenecks", shape: [2, 5, 7, 5], step: 1e-4) {
      DenseBlock(layers: 2, inputChannels: 5, growthRate: 6, bottleneckWidth: 3, bias: false, naming: .torchvision)
    },
    Case(name: "dense layer with a bottleneck", shape: [4, 6, 5, 5], step: 2e-4) {
      DenseBlock(layers: 1, inputChannels: 6, growthRate: 5, bottleneckWidth: 4, bias: false, naming: .torchvision)
    },
    Case(name: "dense MLP", shape: [5, 9], step: 5e-4) {
      DenseMLP(DenseMLP.Configuration(inputFeatures: 9, outputFeatures: 2, growthRate: 6, layers: 3))
    },
    Case(name: "plain MLP", shape: [5, 9], step: 5e-4) {
      DenseMLP.plain(DenseMLP.Configuration(inputFeatures: 9, outputFeatures: 2, growthRate: 6, layers: 3))
    },
    Case(name: "transition", shape: [2, 9, 5, 7], step: 5e-4) { Transition(inputChannels: 9, outputChannels: 6) },
    Case(name: "transition, max pool", shape: [2, 9, 5, 7], step: 5e-4) {
      Transition(inputChannels: 9, outputChannels: 6, pool: .max)
    },
    Case(name: "network", shape: [3, 2, 33, 40], step: 2e-4) {
      DenseNet(
        DenseNet.Configuration(
          inputChannels: 2, numClasses: 5, initialFeatures: 7, growthRate: 5, blockLayers: [2, 1]))
    },
    Case(name: "network with bottlenecks", shape: [3, 2, 33, 40], step: 1e-4) {
      DenseNet(
        DenseNet.Configuration(
          inputChannels: 2, numClasses: 5, initialFeatures: 7, growthRate: 5, blockLayers: [1, 1], bottleneckWidth: 2,
          compression: 0.7, convolutionBias: false, naming: .torchvision))
    },
    Case(name: "network for CIFAR", shape: [2, 3, 9, 11], step: 1e-4) {
      DenseNet(
        DenseNet.Configuration(
          inputChannels: 3, numClasses: 5, stem: .cifar, initialFeatures: 6, growthRate: 5, blockLayers: [1, 2],
          bottleneckWidth: 2, compression: 0.7, convolutionBias: false, naming: .torchvision))
    },
  ]

  @Test(arguments: cases, Path.fp32)
  func agrees(_ item: Case, _ path: Path) throws {
    try on(path) {
      let layer = item.make()
      layer.initialize(.heNormal, seed: 1)
      var generator = RandomSource(seed: 2)
      // Kinks at zero are avoided where a bias can move them; gammas of both signs.
      for (name, parameter) in layer.namedParameters where parameter.value.rank == 1 {
        parameter.value = .uniform(
          parameter.value.shape, in: name.hasSuffix("weight") ? -1.5..<1.5 : -0.5..<0.5, using: &generator)
      }
      let x = Tensor.randn(item.shape, using: &generator)
      let weights = Tensor.randn(layer.forward(x, mode: .training).shape, using: &generator)
      func objective(_ x: Tensor) -> Double {
        // A dropout's mask is a function of its pass: every evaluation uses the first.
        if let dropout = layer as? Dropout {
          let again = Dropout(dropout.rate, seed: dropout.seed)
          return (again.forward(x, mode: .training) * weights).sum()
        }
        return (layer.forward(x, mode: .training) * weights).sum()
      }
      _ = layer.forward(x, mode: .training)
      let fresh: any Layer = (layer as? Dropout).map { Dropout($0.rate, seed: $0.seed) } ?? layer
      _ = fresh.forward(x, mode: .training)
      let inputGradient = fresh.backward(weights)

      try check("input", inputGradient, step: item.step, &generator) { direction in
        (objective(x + item.step * direction), objective(x - item.step * direction))
      }
      for (name, parameter) in layer.namedParameters {
        _ = layer.forward(x, mode: .training)
        _ = layer.backward(weights)
        let (gradient, value) = (parameter.gradient, parameter.value)
        try check(name, gradient, step: item.step, &generator) { direction in
          parameter.value = value + item.step * direction
          let above = objective(x)
          parameter.value = value - item.step * direction
          let below = objective(x)
          parameter.value = value
          return (above, below)
        }
      }
    }
  }

  /// The slope along random directions, as the gradient predicts it and as two evaluations find it.
  private func check(
    _ what: String, _ gradient: Tensor, step: Float, _ generator: inout RandomSource,
    _ evaluate: (Tensor) -> (Double, Double)
  ) throws {
    for _ in 0..<3 {
      let direction = Tensor.randn(gradient.shape, using: &generator)
      let predicted = (gradient * direction).sum()
      let (above, below) = evaluate(direction)
      let found = (above - below) / (2 * Double(step))
      // In proportion to the gradient's length: the slope itself may be small by chance. Biases in front of a batch
      // norm have no slope at all.
      let length = (gradient * gradient).sum().squareRoot()
      let noise = 4e-7 * (abs(above) + abs(below) + 1) / Double(step)
      #expect(abs(predicted - found) <= 3e-2 * length + noise + 2e-3, "\(what): predicted \(predicted), found \(found)")
    }
  }
}
