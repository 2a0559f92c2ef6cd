// The stem where replicas share statistics: those of the convolution's output follow from each replica's windows.

extension ImageNetStem {
  /// What of the statistics the backward pass needs.
  struct JoinedStatistics {
    /// The output's values in each channel, and their means, here and of all replicas.
    let count: Int
    let ownMeans: [Double]
    let means: [Double]
    /// The windows' mean over all replicas.
    let windowMean: [Double]
  }

  /// Makes the output's statistics those of all replicas.
  /// - Parameter outputs: of each channel here.
  func join(
    _ outputs: [(mean: Double, variance: Double)], _ moments: WindowMoments, _ share: BatchShare
  ) -> JoinedStatistics {
    let count = statistics.count
    let all = share.join(
      outputs.map { Moments(count: Double(count), mean: $0.mean, squares: $0.variance * Double(count)) }
        + rawMean(moments).map { Moments(count: Double(count), mean: $0, squares: 0) })
    for k in outputs.indices {
      statistics.mean[k] = Float(all[k].mean)
      statistics.variance[k] = Float(all[k].squares / all[k].count)
    }
    statistics.count = Int(all[0].count)
    return JoinedStatistics(
      count: count, ownMeans: outputs.map(\.mean), means: all[..<outputs.count].map(\.mean),
      windowMean: all[outputs.count...].map(\.mean))
  }

  /// The mean of the windows as they are in the images.
  private func rawMean(_ moments: WindowMoments) -> [Double] {
    moments.mean.enumerated().map { t, mean in mean + Double(center[t % convolution.inputChannels]) }
  }

  /// This replica's part of the gradients: Σdy·(window − the windows' mean over all replicas), since Σdy over all of them
  /// is 0, and Σdy.
  /// - Parameters:
  ///   - deviations: Σdz·(window − its mean here) of each channel.
  ///   - sums: Σdz.
  func setGradients(
    _ joined: JoinedStatistics, deviations: [[Double]], sums: [Double], shift: Buffer<Float>, slope: Buffer<Float>,
    _ moments: WindowMoments
  ) {
    let raw = rawMean(moments)
    for k in 0..<convolution.outputChannels {
      let scale = Double(normalization.affine.scale[k])
      let covariance = moments.covariance(times: filter(k))
      let owed = Double(slope[k]) * Double(joined.count)
      let sum =
        scale * sums[k] + Double(shift[k]) * Double(joined.count) + owed * (joined.ownMeans[k] - joined.means[k])
      for t in raw.indices {
        convolution.weight.gradient.storage[k * raw.count + t] = Float(
          scale * deviations[k][t] + owed * covariance[t] + (raw[t] - joined.windowMean[t]) * sum)
      }
      convolution.bias?.gradient.storage[k] = Float(sum)
    }
  }
}
