/// A multilayer perceptron with DenseNet's connections (Huang et al. 2017, §3): every layer reads the input and the
/// outputs of all layers before it, and the output reads all of them.
///
/// - x: `[N, inputFeatures]`
/// - result: `[N, outputFeatures]`
///
/// With `x₀` the input, hidden layer l is `xₗ = Dropout(ReLU(Wₗ·[x₀, x₁, …, xₗ₋₁] + bₗ))` of `growthRate` features, and the
/// result is `W·[x₀, …, x_L] + b`. So the result is a linear model of the input, plus what the hidden layers add to it.
/// Batch norm is left out: with the few hundred rows of a table its statistics are noise.
public final class DenseMLP: Layer {
  public let configuration: Configuration
  private let hidden: [Sequential]
  private let output: Linear

  /// - Parameter initialization: how weights are initialized, by default as in PyTorch; nil: zeros, to be loaded.
  /// - Precondition: the configuration is valid, see ``Configuration/validate()``.
  public init(_ configuration: Configuration, initialization: Initialization? = .pytorch) {
    do { try configuration.validate() } catch { preconditionFailure("\(error)") }
    self.configuration = configuration
    hidden = (0..<configuration.layers).map { index in
      Self.layer(
        configuration.features(before: index), configuration.growthRate, dropRate: configuration.dropRate,
        initialization)
    }
    output = Linear(
      configuration.features(before: configuration.layers), configuration.outputFeatures,
      initialization: initialization)
  }

  /// A perceptron without dense connections, of the same depth and nearly as many parameters: hidden layers of
  /// ``Configuration/plainWidth`` features, each of which reads the one before alone. For comparisons.
  ///
  /// Input and result are those of a ``DenseMLP``.
  /// - Precondition: the configuration is valid, see ``Configuration/validate()``.
  public static func plain(_ configuration: Configuration, initialization: Initialization? = .pytorch) -> Sequential {
    do { try configuration.validate() } catch { preconditionFailure("\(error)") }
    let width = configuration.plainWidth
    let network = Sequential()
    for index in 0..<configuration.layers {
      network.append(
        layer(
          index == 0 ? configuration.inputFeatures : width, width, dropRate: configuration.dropRate, initialization))
    }
    network.append(Linear(width, configuration.outputFeatures, initialization: initialization))
    return network
  }

  private static func layer(
    _ inputFeatures: Int, _ outputFeatures: Int, dropRate: Double, _ initialization: Initialization?
  ) -> Sequential {
    Sequential(Linear(inputFeatures, outputFeatures, initialization: initialization), ReLU(), Dropout(Float(dropRate)))
  }

  /// The names that PyTorch gives to a module of a `ModuleList` `hidden` and a `Linear` `output`.
  public var children: [(name: String, layer: any Layer)] {
    hidden.enumerated().map { ("hidden.\($0.offset)", $0.element) } + [("output", output)]
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    guard shape.count == 2, shape[1] == configuration.inputFeatures else {
      throw Failure(.usage, "DenseMLP: expected input [N, \(configuration.inputFeatures)], found \(shape)")
    }
    return [shape[0], configuration.outputFeatures]
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int {
    _ = try outputShape(shape)
    let linear = [output] + hidden.compactMap { $0.layers[0] as? Linear }
    return shape[0] * linear.reduce(0) { $0 + $1.weight.count }
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    let features = hidden.reduce(x) { features, layer in
      Tensor.concatenated([features, layer.forward(features, mode: mode)], axis: 1)
    }
    return output.forward(features, mode: mode)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    // Of all features; from the last layer to the first, each takes its own part and adds to the parts before it.
    var gradient = output.backward(outputGradient)
    for (index, layer) in hidden.enumerated().reversed() {
      let before = configuration.features(before: index)
      let own = gradient.sliced(before..<gradient.shape[1], axis: 1)
      let isNeeded = needsInputGradient || index > 0
      guard let added = layer.backward(own, needsInputGradient: isNeeded) else { return nil }
      gradient = gradient.sliced(0..<before, axis: 1) + added
    }
    return gradient
  }
}
