/// `BN → ReLU → [average pool] → convolution` from the first slices of one map into a slice of another or the same:
/// the one operation of which dense layers, transitions and the classifier are made.
final class FusedConvolution {
  let norm: BatchNorm2d
  let convolution: any Convolving
  /// For profiles.
  var name = "convolution"
  /// Slices of the source that are read: the first so many.
  let sourceLayout: ChannelLayout
  private let pool: Pool
  private let feedsNorm: Bool
  private let engine: ConvolutionEngine
  private let normalization: NormalizationEngine

  /// What is averaged between ReLU and convolution. Pooling first is exact, bias included, and saves work.
  enum Pool: Equatable {
    case none
    case window(Int)
    /// The whole map.
    case global
  }

  /// - Parameters:
  ///   - source: the slices that are read.
  ///   - feedsNorm: whether a batch norm reads the output, so that its statistics are wanted in training.
  init(
    norm: BatchNorm2d, convolution: any Convolving, source: ChannelLayout, pool: Pool = .none, feedsNorm: Bool = true
  ) {
    precondition(norm.channels == source.channels && convolution.inputChannels == source.channels)
    self.norm = norm
    self.convolution = convolution
    sourceLayout = source
    self.pool = pool
    self.feedsNorm = feedsNorm
    engine = ConvolutionEngine(
      outChannels: convolution.outputChannels, inChannels: source.channels, kernel: convolution.kernelSize,
      inputLayout: source)
    normalization = NormalizationEngine(source)
  }

  private func shape(_ source: FeatureMap, _ target: FeatureMap, _ device: Device) -> ConvolutionShape {
    shape(
      size: Extent(source.height, source.width), inStride: source.stride, outStride: target.stride, device)
  }

  /// - Parameter size: of the source.
  func shape(size: Extent, inStride: Int, outStride: Int, _ device: Device) -> ConvolutionShape {
    let window: Extent =
      switch pool {
      case .none: 1
      case .window(let side): Extent(side)
      case .global: size
      }
    return ConvolutionShape(
      height: size.height, width: size.width, inChannels: sourceLayout.paddedChannels, inStride: inStride,
      outChannels: padded(convolution.outputChannels), outStride: outStride, kernel: convolution.kernelSize,
      padding: convolution.padding, pool: window, choice: device.convolution)
  }

  /// Floats that the passes borrow.
  func workspace(_ shape: ConvolutionShape, images: Int, training: Bool) -> Int {
    let forward = engine.forwardWorkspace(shape, images: images)
    return training ? max(forward, engine.backwardWorkspace(shape, images: images)) : forward
  }

  /// Writes slice `slice` of `target`, in training with the statistics that a batch norm needs.
  /// - Parameter mask: what dropout then drops, in training; statistics are those of what is left.
  func forward(
    from source: FeatureMap, to target: FeatureMap, slice: Int, mode: Mode, mask: DropoutMask? = nil, device: Device
  ) {
    Profiler.current?.enter(name)
    normalization.prepare(norm, source.statistics, mode: mode)
    let shape = shape(source, target, device)
    engine.forward(
      shape, weight: convolution.weight.value.storage, bias: convolution.bias?.value.storage,
      input: source.valueSlice(0), affine: normalization.affine, output: target.valueSlice(slice),
      images: source.images, device: device,
      moments: mode == .training && feedsNorm && mask == nil
        ? { target.setStatistics(slice, from: $0, pixels: $1, imagesPerTile: shape.imagesPerTile) } : nil)
    if let mask { target.drop(slice, mask, device: device) }
  }

  /// Writes slice `slice` of `target` once more, bit for bit as the last forward pass in training did.
  func repeatForward(from source: FeatureMap, to target: FeatureMap, slice: Int, device: Device) {
    Profiler.current?.enter(name)
    engine.forward(
      shape(source, target, device), weight: convolution.weight.value.storage, bias: convolution.bias?.value.storage,
      input: source.valueSlice(0), affine: normalization.affine, output: target.valueSlice(slice),
      images: source.images, device: device)
  }

  /// From the gradient of slice `slice` of `target`: parameters' gradients, and the source's, written if this is its
  /// first consumer in this pass (`stores`) and added to otherwise.
  /// - Parameter gradient: of the slice's values as the convolution made them, where something stood between; nil: as it
  ///   lies in the target.
  func backward(
    from source: FeatureMap, to target: FeatureMap, slice: Int, stores: Bool, gradient: UnfinishedGradient? = nil,
    device: Device
  ) {
    Profiler.current?.enter(name)
    BatchShare.current?.replicas.poll()
    let sums = engine.backward(
      shape(source, target, device), of: convolution,
      outputGradient: gradient ?? target.gradientSlice(slice),
      input: source.valueSlice(0), affine: normalization.affine,
      inputGradient: ConvolutionEngine.InputGradientTarget(
        gradient: source.gradients.slice(), stride: source.stride, stores: stores, mean: Slice(source.statistics.mean)),
      images: source.images, device: device)
    normalization.settle(
      norm, sums: sums, source.statistics, shift: source.deferredShift, slope: source.deferredSlope)
  }
}
