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

  /// Sets scale and shift.
  /// - Parameters:
  ///   - mean: of each channel, as is the variance: the batch's, or the running statistics.
  func prepare(gamma: [Float], beta: [Float], epsilon: Float, mean: [Float], variance: [Float]) {
    for (c, position) in map.enumerated() {
      let inverse = 1 / (Double(variance[c]) + Double(epsilon)).squareRoot()
      scale[position] = Float(Double(gamma[c]) * inverse)
      shift[position] = Float(Double(beta[c]) - Double(mean[c]) * Double(gamma[c]) * inverse)
    }
  }

  /// The values of the channels that are normalised, from a buffer of padded channels.
  func unpadded(_ values: Buffer<Float>) -> [Float] { map.map { values[$0] } }

  /// From Σdz and Σdz·(x − μ): the gradients of γ and β, and what the input's gradient is owed,
  /// `−γ·inv·dβ/M − γ·inv²·dγ/M·(x − μ)`, added to the map's deferred terms. Where replicas share statistics, what is
  /// owed follows from the sums over all of them, and the gradients are this replica's part.
  func settle(
    gamma: [Float], epsilon: Float, sums: [Double], _ statistics: ChannelStatistics, shift: Buffer<Float>,
    slope: Buffer<Float>
  ) -> (gamma: [Float], beta: [Float]) {
    let count = Double(statistics.count)
    let (own, all) = BatchShare.ofStatistics.map { $0.sum(sums) } ?? (sums, sums)
    var gammaGradient = [Float](repeating: 0, count: map.count)
    var betaGradient = gammaGradient
    for (c, position) in map.enumerated() {
      let inverse = 1 / (Double(statistics.variance[position]) + Double(epsilon)).squareRoot()
      let dBeta = all[position]
      let dGamma = all[channels + position] * inverse
      gammaGradient[c] = Float(own[channels + position] * inverse)
      betaGradient[c] = Float(own[position])
      let factor = Double(gamma[c]) * inverse
      shift[position] -= Float(factor * dBeta / count)
      slope[position] -= Float(factor * inverse * dGamma / count)
    }
    return (gammaGradient, betaGradient)
  }
}
