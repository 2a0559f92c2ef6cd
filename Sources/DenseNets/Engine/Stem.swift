/// The network's first layers, `convolution → BN → ReLU → max pool`, writing a dense block's first slice.
///
/// Stored are the convolution's output and the winners' positions; the normalised map and the gradient of the
/// convolution's output are made where they are consumed.
final class Stem {
  let convolution: Conv2d
  let norm: BatchNorm2d
  let pool: MaxPool2d
  private let engine: ConvolutionEngine
  private let normalization: NormalizationEngine
  private let map: FeatureMap
  private var input = Buffer<Float>(0)
  private var argmax = Buffer<UInt8>(0)
  private var sums = Buffer<Float>(0)
  private var moments = TileMoments(mean: Buffer(0), squares: Buffer(0))

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
    map = FeatureMap(layout)
  }

  /// The size of the pooled map.
  func outputSize(_ input: Extent) -> Extent { pool.outputSize(convolution.outputSize(input)) }

  private func poolShape(_ target: FeatureMap) -> PoolShape {
    PoolShape(
      height: map.height, width: map.width, channels: map.stride, inStride: map.stride, outStride: target.stride,
      kernel: pool.kernelSize, stride: pool.stride, padding: pool.padding)
  }

  /// - Parameters:
  ///   - x: `[N, C, H, W]`.
  ///   - target: of the pooled size; its first slice is written, with statistics in training.
  func forward(_ x: Tensor, to target: FeatureMap, mode: Mode, device: Device) {
    let images = x.shape[0]
    if input.count < x.count { input = Buffer(x.count) }
    scatterPixels(
      x.storage, into: Slice(input), channels: convolution.inChannels, padded: convolution.inChannels,
      stride: convolution.inChannels)
    let size = convolution.outputSize(Extent(x.shape[2], x.shape[3]))
    map.resize(images: images, height: size.height, width: size.width, gradients: false)
    engine.forward(
      convolution.shape(height: x.shape[2], width: x.shape[3], outStride: map.stride),
      weight: convolution.weight.value.storage, bias: convolution.bias?.value.storage, input: Slice(input), affine: nil,
      output: map.valueSlice(0), images: images, device: device,
      moments: mode == .training ? { self.map.setStatistics(0, from: $0, pixels: $1) } : nil)

    normalization.prepare(norm, source: map, mode: mode)
    let shape = poolShape(target)
    let training = mode == .training
    let pooledPixels = images * shape.outHeight * shape.outWidth
    if training {
      if argmax.count < pooledPixels * shape.channels { argmax = Buffer(pooledPixels * shape.channels) }
      if moments.mean.count < images * shape.channels {
        moments = TileMoments(mean: Buffer(images * shape.channels), squares: Buffer(images * shape.channels))
      }
    }
    device.run(images) { image, _ in
      device.kernels.maxPoolForward(
        shape, output: target.valueSlice(0), argmax: training ? argmax : nil, moments: training ? moments : nil,
        input: map.valueSlice(0), affine: normalization.affine, images: image..<image + 1)
    }
    if training {
      let area = Int32(shape.outHeight * shape.outWidth)
      target.setStatistics(0, from: moments, pixels: [Int32](repeating: area, count: images))
    }
  }

  /// From the gradient of the target's first slice: the parameters' gradients, and the input's if wanted.
  func backward(from target: FeatureMap, inputShape: [Int], needsInputGradient: Bool, device: Device) -> Tensor? {
    let pooling = poolShape(target)
    let images = map.images
    let unpooling = Unpooling(
      pooled: target.gradientSlice(0), argmax: argmax, pool: pooling, affine: normalization.affine)
    if sums.count < images * 2 * pooling.channels { sums = Buffer(images * 2 * pooling.channels) }
    device.run(images) { image, _ in
      device.kernels.maxPoolSums(
        unpooling, sums: sums, input: map.valueSlice(0), mean: Slice(map.mean), images: image..<image + 1)
    }
    map.clearDeferred()
    normalization.settle(
      norm, sums: sumRows(sums, rows: images, stride: 2 * pooling.channels, count: 2 * pooling.channels), source: map,
      shift: map.deferredShift, slope: map.deferredSlope)
    let shape = convolution.shape(height: inputShape[2], width: inputShape[3], outStride: map.stride)
    let found = engine.backward(
      shape, weight: convolution.weight.value.storage, hasBias: convolution.bias != nil,
      outputGradient: map.gradientSlice(0), unpooling: unpooling, input: Slice(input), affine: nil, inputGradient: nil,
      images: images, device: device)
    convolution.setGradients(found)
    return needsInputGradient ? inputGradient(shape, unpooling: unpooling, images: images, device: device) : nil
  }

  /// Rarely wanted, so made the plain way: the gradient before the pool, then before the batch norm, then the input's.
  private func inputGradient(
    _ shape: ConvolutionShape, unpooling: Unpooling, images: Int, device: Device
  ) -> Tensor {
    let gradient = FeatureMap(map.layout)
    gradient.resize(images: images, height: map.height, width: map.width, gradients: false)
    device.run(images) { image, _ in
      device.kernels.unpool(unpooling, outputGradient: map.gradientSlice(0), to: gradient.valueSlice(0), image: image)
    }
    let result = FeatureMap(ChannelLayout(slices: [convolution.inChannels]))
    result.resize(images: images, height: shape.height, width: shape.width, gradients: false)
    engine.inputGradient(
      of: shape, weight: convolution.weight.value.storage, outputGradient: gradient.valueSlice(0),
      output: result.valueSlice(0), images: images, device: device)
    return result.tensor()
  }
}
