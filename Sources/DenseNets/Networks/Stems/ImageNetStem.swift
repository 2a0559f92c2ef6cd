/// The network's first layers, `convolution → BN → ReLU → max pool`, writing a dense block's first slice.
///
/// The convolution's output, a network's largest map, is never stored. Being linear in the input's windows, it has
/// statistics that follow from theirs (``WindowMoments``); and of its gradient, only what reached a pool's maximum is
/// not zero before batch norm's own terms, which are linear in the windows too.
final class ImageNetStem: NetworkStem {
  let convolution: Conv2d
  let norm: BatchNorm2d
  let pool: MaxPool2d
  private let engine: ConvolutionEngine
  private let normalization: NormalizationEngine
  private let statistics: ChannelStatistics
  private let center: Buffer<Float>
  private let packed: Buffer<Float>
  private let shift: Buffer<Float>
  private var moments: WindowMoments?
  private var input = Tensor.zeros([0])

  init(convolution: Conv2d, norm: BatchNorm2d, pool: MaxPool2d) {
    precondition(norm.channels == convolution.outChannels)
    self.convolution = convolution
    self.norm = norm
    self.pool = pool
    let layout = ChannelLayout(slices: [convolution.outChannels])
    engine = ConvolutionEngine(
      outChannels: convolution.outChannels, inChannels: convolution.inChannels, kernel: convolution.kernelSize,
      inputLayout: nil)
    normalization = NormalizationEngine(layout)
    statistics = ChannelStatistics(channels: layout.paddedChannels)
    center = Buffer(convolution.inChannels)
    packed = Buffer(engine.weightLayout(.direct).packedCount)
    shift = Buffer(layout.paddedChannels)
  }

  var layers: [(name: String, layer: any Layer)] {
    [("conv0", convolution), ("norm0", norm), ("relu0", ReLU()), ("pool0", pool)]
  }

  func shape(height: Int, width: Int, outStride: Int) -> StemShape {
    StemShape(
      convolution.shape(height: height, width: width, outStride: padded(convolution.outChannels)), pool: pool.window,
      outStride: outStride)
  }

  /// - Parameters:
  ///   - target: of the pooled size.
  ///   - winners: memory for all images' winners; nil: they are found again in the backward pass.
  func forward(_ x: Tensor, to target: FeatureMap, kept winners: Bytes?, mode: Mode, device: Device) {
    let images = x.shape[0]
    let shape = shape(height: x.shape[2], width: x.shape[3], outStride: target.stride)
    let training = mode == .training
    Profiler.current?.enter("stem")
    if training {
      input = x
      measure(shape, device: device)
    }
    normalization.prepare(norm, statistics, mode: mode)
    let affine = foldBias()
    engine.pack(
      convolution.weight.value.storage, into: packed, engine.weightLayout(.direct), transposed: false, .fp32,
      device: device)
    let channels = shape.pool.channels
    device.withWorkspace(training ? 2 * images * channels : 0) { memory in
      let moments = training ? TileMoments(in: memory, at: 0, count: images * channels) : nil
      Profiler.measure(
        "forward", operations: shape.convolution.operations(images: images),
        bytes: 4 * x.count + images * shape.pooledCount * (target.precision.bytes + (winners == nil ? 0 : 1))
      ) {
        device.run(images, scratch: shape.scratchCount) { image, scratch in
          device.kernels.stemForward(
            shape, output: target.valueSlice(0), winners: winners.map { Winners(bytes: $0) },
            moments: moments, input: x.storage, affine: affine, weights: packed,
            images: image..<image + 1, scratch: scratch)
        }
      }
      guard let moments else { return }
      let area = Int32(shape.pool.outHeight * shape.pool.outWidth)
      target.setStatistics(0, from: moments, pixels: [Int32](repeating: area, count: images))
    }
  }

  /// The batch norm's scale and shift, with the convolution's bias in the shift.
  private func foldBias() -> Affine {
    let affine = normalization.affine
    for k in 0..<convolution.outChannels {
      let bias = Double(convolution.bias?.value.storage[k] ?? 0)
      shift[k] = Float(Double(affine.shift[k]) + bias * Double(affine.scale[k]))
    }
    return Affine(scale: affine.scale, shift: Slice(shift))
  }

  /// Images are summed in chunks, so that sums do not depend on threads: as many as memory for `values` a chunk allows.
  private func chunks(_ images: Int, values: Int) -> Int { min(images, max(4, min(32, (1 << 20) / values))) }

  /// The statistics of the convolution's output, from the moments of its windows.
  private func measure(_ shape: StemShape, device: Device) {
    let images = input.shape[0]
    let (windows, products) = (shape.windowCount, shape.productCount)
    let chunks = chunks(images, values: windows + products)
    // About the mean, or any value near it (here of one pixel in 61): that keeps sums, and their rounding errors, small.
    let channels = convolution.inChannels
    var totals = [Double](repeating: 0, count: channels)
    let samples = (input.count / channels + 60) / 61
    for sample in 0..<samples {
      for c in 0..<channels { totals[c] += Double(input.storage[61 * sample * channels + c]) }
    }
    for c in 0..<channels { center[c] = Float(totals[c] / Double(samples)) }
    let sums = device.withWorkspace(chunks * (windows + products)) { memory in
      memory.clear(0..<chunks * (windows + products))
      Profiler.measure("window moments", bytes: 4 * input.count) {
        device.run(chunks, scratch: shape.scratchCount) { chunk, scratch in
          let first = chunk * (windows + products)
          device.kernels.stemMoments(
            shape, sums: Slice(memory, at: first), products: Slice(memory, at: first + windows), input: input.storage,
            center: center, images: images * chunk / chunks..<images * (chunk + 1) / chunks, scratch: scratch)
        }
      }
      return sumRows(Slice(memory), rows: chunks, stride: windows + products, count: windows + products)
    }
    let conv = shape.convolution
    statistics.count = images * conv.outHeight * conv.outWidth
    let moments = WindowMoments(
      sums: Array(sums[..<windows]), products: Array(sums[windows...]), count: statistics.count, kernel: conv.kernel,
      channels: channels, lags: shape.lags)
    for k in 0..<convolution.outChannels {
      let filter = filter(k)
      var mean = Double(convolution.bias?.value.storage[k] ?? 0)
      for (t, w) in filter.enumerated() { mean += w * (moments.mean[t] + Double(center[t % channels])) }
      statistics.mean[k] = Float(mean)
      let variance = moments.variance(of: filter)
      statistics.variance[k] = Float(variance < 0 ? 0 : variance)  // a value that is not a number stays so
    }
    self.moments = moments
  }

  /// The weights of output channel `k`, in the order of a window's values.
  private func filter(_ k: Int) -> [Double] {
    let count = convolution.kernelSize.area * convolution.inChannels
    return convolution.weight.value.storage[k * count..<(k + 1) * count].map(Double.init)
  }

  func memory(
    inputShape: [Int], outStride: Int, training: Bool, memoryEfficient: Bool, device: Device
  ) -> StemMemory {
    let shape = shape(height: inputShape[2], width: inputShape[3], outStride: outStride)
    return StemMemory(
      kept: training && !memoryEfficient ? ("stem, winners", inputShape[0] * shape.pooledCount) : nil,
      workspace: workspace(shape, images: inputShape[0], training: training),
      scratch: scratchCount(shape, keepsWinners: !(training && memoryEfficient)))
  }

  /// Floats of scratch that each thread needs.
  private func scratchCount(_ shape: StemShape, keepsWinners: Bool) -> Int {
    shape.scratchCount + (keepsWinners ? 0 : (shape.pooledCount + 3) / 4)
  }

  /// Floats that the passes borrow.
  private func workspace(_ shape: StemShape, images: Int, training: Bool) -> Int {
    guard training else { return 0 }
    let channels = shape.pool.channels
    let parts = [shape.windowCount + shape.productCount, channels * (shape.taps + 1)]
    return parts.reduce(2 * images * channels) { max($0, chunks(images, values: $1) * $1) }
  }

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
    let found = device.withWorkspace(chunks * row) { memory in
      memory.clear(0..<chunks * row)
      Profiler.measure(
        "backward", operations: shape.convolution.operations(images: images),
        bytes: 4 * input.count + images * shape.pooledCount * (2 * target.precision.bytes + 1)
      ) {
        device.run(chunks, scratch: scratchCount(shape, keepsWinners: winners != nil)) { chunk, scratch in
          let first = chunk * row
          let place = Bytes(scratch: scratch, at: shape.scratchCount)
          for image in images * chunk / chunks..<images * (chunk + 1) / chunks {
            let found =
              winners.map { Winners(bytes: $0) }
              ?? findAgain(image, in: place, shape, target: target, scratch: scratch, device: device)
            device.kernels.stemBackward(
              shape, products: Slice(memory, at: first), sums: Slice(memory, at: first + channels * shape.taps),
              gradient: target.gradientSlice(0), winners: found, input: input.storage, center: center,
              images: image..<image + 1, scratch: scratch)
          }
        }
      }
      return sumRows(Slice(memory), rows: chunks, stride: row, count: row)
    }
    let owed = setGradients(shape, products: found, sums: Array(found[(channels * shape.taps)...]), moments: moments)
    guard needsInputGradient else { return nil }
    let all = winners ?? Bytes(Buffer(images * shape.pooledCount))
    if winners == nil {
      device.run(images, scratch: shape.scratchCount) { image, scratch in
        let place = all.advanced(by: image * shape.pooledCount)
        _ = findAgain(image, in: place, shape, target: target, scratch: scratch, device: device)
      }
    }
    return inputGradient(shape, target: target, winners: all, owed: owed, device: device)
  }

  /// An image's winners, by its forward pass once more; what that writes, it wrote before.
  private func findAgain(
    _ image: Int, in bytes: Bytes, _ shape: StemShape, target: FeatureMap, scratch: Buffer<Float>, device: Device
  ) -> Winners {
    let winners = Winners(bytes: bytes, firstImage: image)
    device.kernels.stemForward(
      shape, output: target.valueSlice(0), winners: winners, moments: nil, input: input.storage,
      affine: Affine(scale: normalization.affine.scale, shift: Slice(shift)), weights: packed,
      images: image..<image + 1, scratch: scratch)
    return winners
  }

  /// What batch norm adds to the gradient of the convolution's output y: `shift + slope * (y - mean)`.
  private typealias Owed = (shift: Buffer<Float>, slope: Buffer<Float>)

  /// All gradients, from Σdz and Σdz·(window − center) of each channel.
  private func setGradients(_ shape: StemShape, products: [Double], sums: [Double], moments: WindowMoments) -> Owed {
    let channels = shape.pool.channels
    let length = shape.convolution.kernel.width * convolution.inChannels
    let windows = shape.windowCount
    let (taps, segments) = (shape.taps, (length + 7) / 8)
    let place = (0..<windows).map { t in
      let (r, at) = (t / length, t % length)
      return (r / 8 * segments + at / 8) * 64 + r % 8 * 8 + at % 8
    }
    // Σdz·(y − mean) is the filter's product with Σdz·(window − its mean).
    var normSums = [Double](repeating: 0, count: 2 * channels)
    var deviations: [[Double]] = []
    for k in 0..<convolution.outChannels {
      let deviation = (0..<windows).map { products[k * taps + place[$0]] - sums[k] * moments.mean[$0] }
      normSums[k] = sums[k]
      normSums[channels + k] = zip(deviation, filter(k)).reduce(0) { $0 + $1.0 * $1.1 }
      deviations.append(deviation)
    }
    let owed = (shift: Buffer<Float>(channels), slope: Buffer<Float>(channels))
    normalization.settle(norm, sums: normSums, statistics, shift: owed.shift, slope: owed.slope)
    // Σdy = 0 by batch norm (unless it is frozen), so Σdy·window = Σdy·(window − its mean); and Σ(y − mean)·(window − its
    // mean) is the windows' covariance times the filter.
    let scale = normalization.affine.scale
    for k in 0..<convolution.outChannels {
      let covariance = moments.covariance(times: filter(k))
      let slope = Double(owed.slope[k]) * Double(statistics.count)
      for t in 0..<windows {
        let offset = norm.isFrozen ? sums[k] * (moments.mean[t] + Double(center[t % convolution.inChannels])) : 0
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
    let map = FeatureMap(ChannelLayout(slices: [convolution.outChannels]))
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
    device.run(images) { image, _ in
      device.kernels.maxPoolBackward(
        unpooling, inputGradient: map.gradients.slice(), outputGradient: masked.valueSlice(0), argmax: winners,
        images: image..<image + 1)
      device.kernels.normBackward(
        dx: map.gradients.slice(), dy: map.gradients.slice(), x: map.valueSlice(0), mean: Slice(statistics.mean),
        scale: normalization.affine.scale, a: Slice(owed.shift), b: Slice(owed.slope), stride: channels,
        channels: channels, pixels: image * area..<(image + 1) * area)
    }
    let result = FeatureMap(ChannelLayout(slices: [convolution.inChannels]))
    result.resize(images: images, height: conv.height, width: conv.width, gradients: false)
    engine.inputGradient(
      of: conv, weight: convolution.weight.value.storage, outputGradient: map.gradients.slice(),
      output: result.valueSlice(0), images: images, device: device)
    return result.tensor(device: device)
  }
}
