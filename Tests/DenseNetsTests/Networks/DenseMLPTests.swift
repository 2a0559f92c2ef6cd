import DenseNetIO
import Foundation
import Testing

@testable import DenseNets

@Suite struct DenseMLPTests {
  static let configurations = [
    DenseMLP.Configuration(inputFeatures: 330, growthRate: 16, layers: 2),
    DenseMLP.Configuration(inputFeatures: 330, outputFeatures: 4, growthRate: 8, layers: 6),
    DenseMLP.Configuration(inputFeatures: 3, growthRate: 32, layers: 1),
    DenseMLP.Configuration(inputFeatures: 1, growthRate: 1, layers: 1),
    DenseMLP.Configuration(inputFeatures: 12, growthRate: 64, layers: 5, dropRate: 0.2),
  ]

  @Test(arguments: configurations)
  func countsItsParameters(_ configuration: DenseMLP.Configuration) throws {
    let (dense, plain) = (DenseMLP(configuration), DenseMLP.plain(configuration))
    #expect(dense.parameterCount == configuration.parameterCount)
    #expect(plain.parameterCount == configuration.plainParameterCount(width: configuration.plainWidth))
    #expect(plain.layers.count { $0 is Sequential } == configuration.layers)
    // No other width comes closer.
    let width = configuration.plainWidth
    func distance(_ width: Int) -> Int {
      abs(configuration.plainParameterCount(width: width) - configuration.parameterCount)
    }
    #expect(distance(width) <= distance(width + 1) && (width == 1 || distance(width) <= distance(width - 1)))
  }

  @Test func aPlainOneOfTheUsualSizeIsAsLarge() {
    let configuration = DenseMLP.Configuration(inputFeatures: 330, growthRate: 16, layers: 2)
    let ratio = Double(DenseMLP.plain(configuration).parameterCount) / Double(configuration.parameterCount)
    #expect(abs(ratio - 1) < 0.03)
  }

  /// With hidden layers that give nothing, what is left is a linear model of the input.
  @Test func passesTheInputOn() throws {
    let configuration = DenseMLP.Configuration(inputFeatures: 3, growthRate: 2, layers: 2)
    let network = DenseMLP(configuration, initialization: nil)
    let state = Dictionary(uniqueKeysWithValues: network.namedParameters.map { ($0.name, $0.parameter) })
    #expect(
      network.namedParameters.map(\.name) == [
        "hidden.0.0.weight", "hidden.0.0.bias", "hidden.1.0.weight", "hidden.1.0.bias", "output.weight", "output.bias",
      ])
    state["output.weight"]!.value = Tensor(shape: [1, 7], values: [1, 10, 100, 7, 7, 7, 7])
    state["output.bias"]!.value = Tensor(shape: [1], values: [0.5])
    let x = Tensor(shape: [2, 3], values: [1, 2, 3, -1, 0, 1])
    #expect(network(x).values == [321.5, 99.5])
    #expect(try network.outputShape([2, 3]) == [2, 1])
    #expect(try network.multiplyAdds([2, 3]) == 2 * (3 * 2 + 5 * 2 + 7))
    #expect(throws: Failure.self) { try network.outputShape([2, 4]) }
  }

  @Test func dropsInTrainingOnly() {
    let network = DenseMLP(DenseMLP.Configuration(inputFeatures: 20, growthRate: 50, layers: 2, dropRate: 0.5))
    network.initialize(.pytorch, seed: 1)
    let x = Tensor.randn([4, 20], seed: 2)
    #expect(network(x) == network(x))
    let first = network.forward(x, mode: .training)
    #expect(first != network.forward(x, mode: .training) && first != network(x))
    network.initialize(.pytorch, seed: 1)
    #expect(first == network.forward(x, mode: .training))
  }

  @Test func isTheSameForAnyNumberOfThreads() throws {
    let configuration = DenseMLP.Configuration(inputFeatures: 301, outputFeatures: 2, growthRate: 37, layers: 3)
    let x = Tensor.randn([67, 301], seed: 2)
    let upper = Tensor.randn([67, 2], seed: 3)
    func step(threads: Int) throws -> [Tensor] {
      try Device.$current.withValue(Device.cpu(threads: threads)) {
        let network = DenseMLP(configuration)
        network.initialize(.pytorch, seed: 1)
        let y = network.forward(x, mode: .training)
        return [y, network.backward(upper)] + network.namedParameters.map(\.parameter.gradient)
      }
    }
    let expected = try step(threads: 1)
    for threads in [2, 3, 5] { #expect(try step(threads: threads) == expected) }
  }

  @Test func needNotGiveTheInputsGradient() {
    let network = DenseMLP(DenseMLP.Configuration(inputFeatures: 5, growthRate: 4, layers: 2))
    let x = Tensor.randn([3, 5], seed: 2)
    let upper = Tensor.ones([3, 1])
    _ = network.forward(x, mode: .training)
    _ = network.backward(upper)
    let expected = network.namedParameters.map(\.parameter.gradient)
    #expect(network.backward(upper, needsInputGradient: false) == nil)
    #expect(network.namedParameters.map(\.parameter.gradient) == expected)
  }

  @Test(arguments: [
    ("input_features", DenseMLP.Configuration(inputFeatures: 0)),
    ("output_features", DenseMLP.Configuration(inputFeatures: 1, outputFeatures: 0)),
    ("growth_rate", DenseMLP.Configuration(inputFeatures: 1, growthRate: 0)),
    ("layers", DenseMLP.Configuration(inputFeatures: 1, layers: 0)),
    ("layers", DenseMLP.Configuration(inputFeatures: 1, layers: 65)),
    ("drop_rate", DenseMLP.Configuration(inputFeatures: 1, dropRate: 1)),
    ("drop_rate", DenseMLP.Configuration(inputFeatures: 1, dropRate: -0.1)),
    ("drop_rate", DenseMLP.Configuration(inputFeatures: 1, dropRate: .nan)),
  ])
  func refusesWhatIsNoNetwork(_ name: String, _ configuration: DenseMLP.Configuration) {
    #expect { try configuration.validate() } throws: { error in
      (error as? Failure)?.kind == .usage && "\(error)".hasPrefix("\(name): ")
    }
  }

  @Test func isJSON() throws {
    let configuration = DenseMLP.Configuration(
      inputFeatures: 8, outputFeatures: 2, growthRate: 3, layers: 4, dropRate: 0.25)
    let data = try JSONEncoder().encode(configuration)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(object.keys) == ["input_features", "output_features", "growth_rate", "layers", "drop_rate"])
    #expect(try JSONDecoder().decode(DenseMLP.Configuration.self, from: data) == configuration)
  }
}
