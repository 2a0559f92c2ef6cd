/// What training and inference do differently.
public enum Mode: Sendable {
  /// Batch norms use the batch's statistics and update their running ones; dropout drops; layers remember what
  /// `backward` needs.
  case training
  /// Batch norms use their running statistics; dropout passes everything.
  case inference
}

/// A batch norm at work in front of a convolution: its scale and shift in padded channels, and its gradients.
///
/// With x̂ = (x − μ)·inv and inv = 1/√(v + ε), `γ·x̂ + β = x·scale + shift`.
final class NormalizationEngine {
  private let channels: Int
  private let map: [Int]
  private let scale: Buffer<Float>
  private let shift: Buffer<Float>

  init(_ layout: ChannelLayout) {
    channels = layout.paddedChannels
    map = layout.map
    scale = Buffer(channels)
    shift = Buffer(channels)
  }

  var affine: Affine { Affine(scale: Slice(scale), shift: Slice(shift)) }

  /// Sets scale and shift from the batch's statistics (updating the running ones) or from the running ones.
  /// - Parameter statistics: of the channels that are normalised, in training.
  func prepare(_ norm: BatchNorm2d, _ statistics: ChannelStatistics, mode: Mode) {
    let gamma = norm.weight.value.storage
    let beta = norm.bias.value.storage
    switch norm.isFrozen ? .inference : mode {
    case .training:
      norm.updateRunningStatistics(
        mean: map.map { statistics.mean[$0] }, variance: map.map { statistics.variance[$0] }, count: statistics.count)
      for (c, position) in map.enumerated() {
        set(
          position, gamma[c], beta[c], mean: statistics.mean[position], variance: statistics.variance[position],
          norm.epsilon)
      }
    case .inference:
      let mean = norm.runningMean.value.storage
      let variance = norm.runningVariance.value.storage
      for (c, position) in map.enumerated() {
        set(position, gamma[c], beta[c], mean: mean[c], variance: variance[c], norm.epsilon)
      }
    }
  }

  private func set(_ position: Int, _ gamma: Float, _ beta: Float, mean: Float, variance: Float, _ epsilon: Float) {
    let inverse = 1 / (Double(variance) + Double(epsilon)).squareRoot()
    scale[position] = Float(Double(gamma) * inverse)
    shift[position] = Float(Double(beta) - Double(mean) * Double(gamma) * inverse)
  }

  /// From Σdz and Σdz·(x − μ): the gradients of γ and β, and what the input's gradient is owed,
  /// `−γ·inv·dβ/M − γ·inv²·dγ/M·(x − μ)`, added to the map's deferred terms. A frozen norm has and owes nothing.
  func settle(
    _ norm: BatchNorm2d, sums: [Double], _ statistics: ChannelStatistics, shift: Buffer<Float>, slope: Buffer<Float>
  ) {
    let count = Double(statistics.count)
    var gammaGradient = [Float](repeating: 0, count: map.count)
    var betaGradient = gammaGradient
    defer {
      norm.weight.gradient = Tensor(shape: [map.count], storage: gammaGradient)
      norm.bias.gradient = Tensor(shape: [map.count], storage: betaGradient)
    }
    if norm.isFrozen { return }
    let gamma = norm.weight.value.storage
    for (c, position) in map.enumerated() {
      let inverse = 1 / (Double(statistics.variance[position]) + Double(norm.epsilon)).squareRoot()
      let dBeta = sums[position]
      let dGamma = sums[channels + position] * inverse
      gammaGradient[c] = Float(dGamma)
      betaGradient[c] = Float(dBeta)
      let factor = Double(gamma[c]) * inverse
      shift[position] -= Float(factor * dBeta / count)
      slope[position] -= Float(factor * inverse * dGamma / count)
    }
  }
}
