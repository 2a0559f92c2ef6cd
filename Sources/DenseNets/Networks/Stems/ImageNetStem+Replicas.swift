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

  /// The statistics of the convolution's output over all replicas, once the center is known.
  ///
  /// Windows are summed in the chunks of the whole batch. One that is split goes from replica to replica, and counts where
  /// it ends.
  func measure(_ shape: StemShape, _ share: BatchShare) {
    let device = Device.current
    let (width, own, rank) = (shape.windowCount + shape.productCount, share.part, share.replicas.rank)
    let all = chunks(share.images, values: width)
    let bounds = (0...all).map { share.images * $0 / all }
    let parts = zip(bounds, bounds.dropFirst()).map { ($0..<$1).clamped(to: own) }.filter { !$0.isEmpty }
    let begins = bounds.contains(own.lowerBound)
    let ends = bounds.contains(own.upperBound)
    var (sums, images) = ([Double](repeating: 0, count: width), 0)
    if !parts.isEmpty {
      let memory = Buffer<Float>(parts.count * width)
      func sum(_ parts: [Range<Int>], from first: Int) {
        device.stemMoments(
          shape, sums: Slice(memory, at: first * width), input: input.storage, center: center,
          parts: parts.map { $0.lowerBound - own.lowerBound..<$0.upperBound - own.lowerBound })
      }
      func send(_ part: Int) {
        let values = (0..<width).map { Double(memory[part * width + $0]) }
        _ = share.replicas.exchange([(rank + 1, values)], from: [])
      }
      let ready = begins ? 0 : 1
      sum(Array(parts[ready...]), from: ready)
      if !ends, parts.count > ready { send(parts.count - 1) }
      if !begins {
        let before = share.replicas.exchange([], from: [(rank - 1, width)])[0]
        for (i, value) in before.enumerated() { memory[i] = Float(value) }
        sum([parts[0]], from: 0)
        if !ends, parts.count == 1 { send(0) }
      }
      let ended = ends ? parts.count : parts.count - 1
      if ended > 0 {
        sums = sumRows(Slice(memory), rows: ended, stride: width, count: width)
        // From where the first of these chunks begins.
        images = (ends ? own.upperBound : bounds.last { $0 < own.upperBound }!) - bounds.last { $0 <= own.lowerBound }!
      }
    }
    let outputs = setMoments(shape, sums, images: images)
    joined = join(outputs, moments!, share)
  }

  /// Makes the output's statistics those of all replicas.
  /// - Parameter outputs: of each channel here.
  private func join(
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
