/// How weights of convolutions and linear layers begin.
public enum Initialization: String, Sendable, CaseIterable {
  /// Uniform in ±√(6 / (fan-in + fan-out)) (Glorot and Bengio 2010): the chapter's choice.
  case xavierUniform
  /// Normal with variance 2 / fan-in (He et al. 2015): the DenseNet paper's.
  case heNormal
  /// Uniform in ±1/√fan-in: what PyTorch's layers do when they are made.
  case pytorch

  /// A tensor `[out, in, …]` of starting weights.
  func weights(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> Tensor {
    let kernel = shape.dropFirst(2).reduce(1, *)
    let fanIn = shape[1] * kernel
    let fanOut = shape[0] * kernel
    switch self {
    case .xavierUniform: return uniform(shape, (6 / Double(fanIn + fanOut)).squareRoot(), using: &generator)
    case .heNormal: return Tensor.randn(shape, using: &generator) * Float((2 / Double(fanIn)).squareRoot())
    case .pytorch: return uniform(shape, 1 / Double(fanIn).squareRoot(), using: &generator)
    }
  }

  private func uniform(_ shape: [Int], _ bound: Double, using generator: inout some RandomNumberGenerator) -> Tensor {
    Tensor.uniform(shape, in: Float(-bound)..<Float(bound), using: &generator)
  }
}

extension Layer {
  /// Sets the parameters of this module's layers anew: weights of convolutions and linear layers as asked, their biases as PyTorch does
  /// (uniform in ±1/√fan-in), batch norms to γ = 1, β = 0 and fresh running statistics, dropouts to a seed of
  /// their own. Equal seeds give equal parameters. Parameters of layers that this module does not define are left alone.
  public func initialize(_ weights: Initialization, seed: UInt64) {
    var generator = RandomSource(seed: seed)
    initialize(weights, using: &generator)
  }

  public func initialize(_ weights: Initialization, using generator: inout some RandomNumberGenerator) {
    if let layer = self as? any Convolving {
      layer.weight.value = weights.weights(layer.weight.shape, using: &generator)
      if let bias = layer.bias {
        let bound = Float(1 / Double(layer.weight.count / layer.outputChannels).squareRoot())
        bias.value = .uniform([layer.outputChannels], in: -bound..<bound, using: &generator)
      }
    } else if let norm = self as? BatchNorm2d {
      norm.weight.value = .ones([norm.channels])
      norm.bias.value = .zeros([norm.channels])
      norm.runningMean.value = .zeros([norm.channels])
      norm.runningVariance.value = .ones([norm.channels])
      norm.batchesTracked = 0
    } else if let dropout = self as? Dropout {
      dropout.seed = generator.next()
      dropout.passes = 0
    }
    for child in children { child.layer.initialize(weights, using: &generator) }
  }
}
