// How a batch norm and the engine that applies it in front of a convolution work together.

extension NormalizationEngine {
  /// Sets scale and shift from the batch's statistics, which the running ones then follow, or from the running ones.
  /// - Parameter statistics: of the channels that are normalised, in training.
  func prepare(_ norm: BatchNorm2d, _ statistics: ChannelStatistics, mode: Mode) {
    let (mean, variance): ([Float], [Float])
    switch norm.isFrozen ? .inference : mode {
    case .training:
      (mean, variance) = (unpadded(statistics.mean), unpadded(statistics.variance))
      norm.updateRunningStatistics(mean: mean, variance: variance, count: statistics.count)
    case .inference:
      (mean, variance) = (norm.runningMean.value.storage, norm.runningVariance.value.storage)
    }
    prepare(
      gamma: norm.weight.value.storage, beta: norm.bias.value.storage, epsilon: norm.epsilon, mean: mean,
      variance: variance)
  }

  /// Sets the gradients of γ and β, and adds to the map's deferred terms what the input's gradient is owed. A frozen
  /// norm has and owes nothing.
  func settle(
    _ norm: BatchNorm2d, sums: [Double], _ statistics: ChannelStatistics, shift: Buffer<Float>, slope: Buffer<Float>
  ) {
    if norm.isFrozen {
      (norm.weight.gradient, norm.bias.gradient) = (.zeros([norm.channels]), .zeros([norm.channels]))
      return
    }
    let gradients = settle(
      gamma: norm.weight.value.storage, epsilon: norm.epsilon, sums: sums, statistics, shift: shift, slope: slope)
    norm.weight.gradient = Tensor(shape: [norm.channels], storage: gradients.gamma)
    norm.bias.gradient = Tensor(shape: [norm.channels], storage: gradients.beta)
  }
}
