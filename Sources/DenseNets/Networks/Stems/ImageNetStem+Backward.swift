extension ImageNetStem {
  /// From the gradient of the target's first slice: the parameters' gradients, and the input's if wanted.
  /// - Parameters:
  ///   - winners: as the forward pass left them; nil: to be found again, image by image, in the threads' scratch.
  func backward(from target: FeatureMap, kept winners: Bytes?, needsInputGradient: Bool, device: Device) -> Tensor? {
    Profiler.current?.enter("stem")
    guard let moments else { preconditionFailure("backward needs a forward pass in training mode first") }
    let images = target.images
    let shape = shape(height: input.shape[2], width: input.shape[3], outStride: target.stride)
    let channels = shape.pool.channels
    let row = channels * (shape.taps + 1)
    let chunks = chunks(images, values: row)
    let pass = StemPass(
      shape: shape, output: target.valueSlice(0), input: input.storage,
      affine: Affine(scale: normalization.affine.scale, shift: Slice(shift)), weights: packed)
    let found = device.withWorkspace(chunks * row) { memory in
      memory.clear(0..<chunks * row)
      Profiler.measure(
        "backward", operations: shape.convolution.operations(images: images),
        bytes: 4 * input.count + images * shape.pooledCount * (2 * target.precision.bytes + 1)
      ) {
        device.stemBackward(
          pass, sums: Slice(memory), gradient: target.gradientSlice(0), winners: winners, center: center,
          parts: parts(of: images, chunks), scratch: scratchCount(shape, keepsWinners: winners != nil))
      }
      return sumRows(Slice(memory), rows: chunks, stride: row, count: row)
    }
    let owed = setGradients(shape, products: found, sums: Array(found[(channels * shape.taps)...]), moments: moments)
    guard needsInputGradient else { return nil }
    let all = winners ?? Bytes(Buffer(images * shape.pooledCount))
    if winners == nil { device.stemWinners(pass, into: all, images: images) }
    return inputGradient(shape, target: target, winners: all, owed: owed, device: device)
  }

  /// What batch norm adds to the gradient of the convolution's output y: `shift + slope * (y - mean)`.
  private typealias Owed = (shift: Buffer<Float>, slope: Buffer<Float>)

  /// All gradients, from Σdz and Σdz·(window − center) of each channel.
  private func setGradients(_ shape: StemShape, products: [Double], sums: [Double], moments: WindowMoments) -> Owed {
    let channels = shape.pool.channels
    let length = shape.convolution.kernel.width * convolution.inputChannels
    let windows = shape.windowCount
    let (taps, segments) = (shape.taps, (length + 7) / 8)
    let place = (0..<windows).map { t in
      let (r, at) = (t / length, t % length)
      return (r / 8 * segments + at / 8) * 64 + r % 8 * 8 + at % 8
    }
    // Σdz·(y − mean) is the filter's product with Σdz·(window − its mean).
    var normSums = [Double](repeating: 0, count: 2 * channels)
    var deviations: [[Double]] = []
    for k in 0..<convolution.outputChannels {
      let deviation = (0..<windows).map { products[k * taps + place[$0]] - sums[k] * moments.mean[$0] }
      normSums[k] = sums[k]
      normSums[channels + k] = zip(deviation, filter(k)).reduce(0) { $0 + $1.0 * $1.1 }
      if let joined { normSums[channels + k] += sums[k] * (joined.ownMeans[k] - joined.means[k]) }
      deviations.append(deviation)
    }
    let owed = (shift: Buffer<Float>(channels), slope: Buffer<Float>(channels))
    normalization.settle(norm, sums: normSums, statistics, shift: owed.shift, slope: owed.slope)
    // Σdy = 0 by batch norm (unless it is frozen), so Σdy·window = Σdy·(window − its mean); and Σ(y − mean)·(window − its
    // mean) is the windows' covariance times the filter.
    let scale = normalization.affine.scale
    if let joined, !norm.isFrozen {
      setGradients(joined, deviations: deviations, sums: sums, shift: owed.shift, slope: owed.slope, moments)
      return owed
    }
    for k in 0..<convolution.outputChannels {
      let covariance = moments.covariance(times: filter(k))
      let slope = Double(owed.slope[k]) * Double(statistics.count)
      for t in 0..<windows {
        let offset = norm.isFrozen ? sums[k] * (moments.mean[t] + Double(center[t % convolution.inputChannels])) : 0
        convolution.weight.gradient.storage[k * windows + t] = Float(
          Double(scale[k]) * (deviations[k][t] + offset) + slope * covariance[t])
      }
      convolution.bias?.gradient.storage[k] = Float(
        Double(scale[k]) * sums[k] + Double(owed.shift[k]) * Double(statistics.count))
    }
    return owed
  }

  /// Rarely wanted, so made the plain way: the convolution again, then the gradient before the pool, before the batch
  /// norm, and the input's.
  private func inputGradient(
    _ shape: StemShape, target: FeatureMap, winners: Bytes, owed: Owed, device: Device
  ) -> Tensor {
    let conv = shape.convolution
    let (images, channels, area) = (target.images, shape.pool.channels, conv.outHeight * conv.outWidth)
    let raw = MapMemory(input.count)
    raw.slice().write(input.storage)
    let map = FeatureMap(ChannelLayout(slices: [convolution.outputChannels]))
    map.resize(images: images, height: conv.outHeight, width: conv.outWidth, gradients: true)
    engine.forward(
      conv, weight: convolution.weight.value.storage, bias: convolution.bias?.value.storage, input: raw.slice(),
      affine: nil, output: map.valueSlice(0), images: images, device: device)

    let pooled = target.gradientTensor(slice: 0, device: device)
    let values = target.tensor(slice: 0, device: device)
    let masked = FeatureMap(map.layout)
    masked.resize(images: images, height: shape.pool.outHeight, width: shape.pool.outWidth, gradients: false)
    let reached = zip(pooled.storage, values.storage).map { $1 > 0 ? $0 : 0 }
    masked.load(Tensor(shape: pooled.shape, storage: reached), slice: 0, statistics: false, device: device)
    let unpooling = PoolShape(
      height: conv.outHeight, width: conv.outWidth, channels: channels, inStride: channels, outStride: channels,
      kernel: pool.kernelSize, stride: pool.stride, padding: pool.padding)
    let gradient = map.gradients.slice()
    device.maxPoolGradient(unpooling, of: masked.valueSlice(0), winners: winners, to: gradient, images: images)
    device.normalizationGradient(
      gradient, of: gradient, input: map.valueSlice(0), mean: Slice(statistics.mean),
      scale: normalization.affine.scale, a: Slice(owed.shift), b: Slice(owed.slope), stride: channels,
      channels: channels, area: area, images: images)
    let result = FeatureMap(ChannelLayout(slices: [convolution.inputChannels]))
    result.resize(images: images, height: conv.height, width: conv.width, gradients: false)
    engine.inputGradient(
      of: conv, weight: convolution.weight.value.storage, outputGradient: map.gradients.slice(),
      output: result.valueSlice(0), images: images, device: device)
    return result.tensor(device: device)
  }
}
