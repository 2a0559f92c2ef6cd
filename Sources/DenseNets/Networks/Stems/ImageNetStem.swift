/// The network's first layers, `convolution → BN → ReLU → max pool`, writing a dense block's first slice.
///
/// The convolution's output, a network's largest map, is never stored. Being linear in the input's windows, it has
/// statistics that follow from theirs (``WindowMoments``); and of its gradient, only what reached a pool's maximum is
/// not zero before batch norm's own terms, which are linear in the windows too.
final class ImageNetStem: NetworkStem {
  let convolution: Conv2d
  let norm: BatchNorm2d
  let pool: MaxPool2d
  let engine: ConvolutionEngine
  let normalization: NormalizationEngine
  let statistics: ChannelStatistics
  let center: Buffer<Float>
  let packed: Buffer<Float>
  let shift: Buffer<Float>
  private(set) var moments: WindowMoments?
  /// Of the last pass in training; nil where replicas share no statistics.
  var joined: JoinedStatistics?
  private(set) var input = Tensor.zeros([0])

  init(convolution: Conv2d, norm: BatchNorm2d, pool: MaxPool2d) {
    precondition(norm.channels == convolution.outputChannels)
    self.convolution = convolution
    self.norm = norm
    self.pool = pool
    let layout = ChannelLayout(slices: [convolution.outputChannels])
    engine = ConvolutionEngine(
      outChannels: convolution.outputChannels, inChannels: convolution.inputChannels, kernel: convolution.kernelSize,
      inputLayout: nil)
    normalization = NormalizationEngine(layout)
    statistics = ChannelStatistics(channels: layout.paddedChannels)
    center = Buffer(convolution.inputChannels)
    packed = Buffer(engine.weightLayout(.direct).packedCount)
    shift = Buffer(layout.paddedChannels)
  }

  var layers: [(name: String, layer: any Layer)] {
    [("conv0", convolution), ("norm0", norm), ("relu0", ReLU()), ("pool0", pool)]
  }

  func shape(height: Int, width: Int, outStride: Int) -> StemShape {
    StemShape(
      convolution.shape(height: height, width: width, outStride: padded(convolution.outputChannels)), pool: pool.window,
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
        let pass = StemPass(
          shape: shape, output: target.valueSlice(0), input: x.storage, affine: affine, weights: packed)
        device.stemForward(pass, winners: winners, moments: moments, images: images)
      }
      guard let moments else { return }
      let area = Int32(shape.pool.outHeight * shape.pool.outWidth)
      target.setStatistics(0, from: moments, pixels: [Int32](repeating: area, count: images))
    }
  }

  /// The batch norm's scale and shift, with the convolution's bias in the shift.
  private func foldBias() -> Affine {
    let affine = normalization.affine
    for k in 0..<convolution.outputChannels {
      let bias = Double(convolution.bias?.value.storage[k] ?? 0)
      shift[k] = Float(Double(affine.shift[k]) + bias * Double(affine.scale[k]))
    }
    return Affine(scale: affine.scale, shift: Slice(shift))
  }

  /// Images are summed in chunks, so that sums do not depend on threads: as many as memory for `values` a chunk allows.
  func chunks(_ images: Int, values: Int) -> Int {
    let limits = Tiling.stemPartialSums
    return min(images, max(limits.lowerBound, min(limits.upperBound, Tiling.partialFloats / values)))
  }

  /// The images of each chunk.
  func parts(of images: Int, _ chunks: Int) -> [Range<Int>] {
    (0..<chunks).map { images * $0 / chunks..<images * ($0 + 1) / chunks }
  }

  /// The statistics of the convolution's output, from the moments of its windows.
  private func measure(_ shape: StemShape, device: Device) {
    let images = input.shape[0]
    let (windows, products) = (shape.windowCount, shape.productCount)
    let chunks = chunks(images, values: windows + products)
    // About the mean, or any value near it (here of one pixel in 61): that keeps sums, and their rounding errors, small.
    let channels = convolution.inputChannels
    let before =
      BatchShare.ofStatistics.map { $0.part.lowerBound * shape.convolution.height * shape.convolution.width } ?? 0
    var totals = [Double](repeating: 0, count: channels + 1)
    for pixel in stride(from: (61 - before % 61) % 61, to: input.count / channels, by: 61) {
      for c in 0..<channels { totals[c] += Double(input.storage[pixel * channels + c]) }
      totals[channels] += 1
    }
    if let share = BatchShare.ofStatistics { totals = share.sum(totals).all }
    for c in 0..<channels { center[c] = Float(totals[c] / totals[channels]) }
    if let share = BatchShare.ofStatistics { return measure(shape, share) }
    let sums = device.withWorkspace(chunks * (windows + products)) { memory in
      memory.clear(0..<chunks * (windows + products))
      Profiler.measure("window moments", bytes: 4 * input.count) {
        device.stemMoments(
          shape, sums: Slice(memory), input: input.storage, center: center, parts: parts(of: images, chunks))
      }
      return sumRows(Slice(memory), rows: chunks, stride: windows + products, count: windows + products)
    }
    joined = nil
    let outputs = setMoments(shape, sums, images: images)
    for (k, output) in outputs.enumerated() {
      (statistics.mean[k], statistics.variance[k]) = (Float(output.mean), Float(output.variance))
    }
  }

  /// - Parameters:
  ///   - sums: of windows and of their products.
  ///   - images: that they are of.
  /// - Returns: what the convolution's output has in each channel.
  func setMoments(_ shape: StemShape, _ sums: [Double], images: Int) -> [(mean: Double, variance: Double)] {
    let conv = shape.convolution
    let (windows, channels) = (shape.windowCount, convolution.inputChannels)
    statistics.count = images * conv.outHeight * conv.outWidth
    let moments = WindowMoments(
      sums: Array(sums[..<windows]), products: Array(sums[windows...]), count: statistics.count, kernel: conv.kernel,
      channels: channels, lags: shape.lags)
    var outputs: [(mean: Double, variance: Double)] = []
    for k in 0..<convolution.outputChannels {
      let filter = filter(k)
      var mean = Double(convolution.bias?.value.storage[k] ?? 0)
      for (t, w) in filter.enumerated() { mean += w * (moments.mean[t] + Double(center[t % channels])) }
      let variance = moments.variance(of: filter)
      outputs.append((mean, variance < 0 ? 0 : variance))  // a value that is not a number stays so
    }
    self.moments = moments
    return outputs
  }

  /// The weights of output channel `k`, in the order of a window's values.
  func filter(_ k: Int) -> [Double] {
    let count = convolution.kernelSize.area * convolution.inputChannels
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
  func scratchCount(_ shape: StemShape, keepsWinners: Bool) -> Int {
    shape.scratchCount + (keepsWinners ? 0 : (shape.pooledCount + 3) / 4)
  }

  /// Floats that the passes borrow.
  private func workspace(_ shape: StemShape, images: Int, training: Bool) -> Int {
    guard training else { return 0 }
    let channels = shape.pool.channels
    let parts = [shape.windowCount + shape.productCount, channels * (shape.taps + 1)]
    return parts.reduce(2 * images * channels) { max($0, chunks(images, values: $1) * $1) }
  }
}
