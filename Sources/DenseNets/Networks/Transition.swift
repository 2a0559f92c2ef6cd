/// A transition (Huang et al. 2017, §3): `BN → ReLU → Conv1×1 → AvgPool(2)`, or with `MaxPool(2)` at the end.
///
/// - x: `[N, inputChannels, H, W]`
/// - result: `[N, outputChannels, ⌊H/2⌋, ⌊W/2⌋]`
///
/// An average and a 1×1 convolution commute, bias included, so that pools first and convolves a quarter of the pixels. A
/// maximum does not.
public final class Transition: Layer {
  public let inputChannels: Int
  public let outputChannels: Int
  package let pool: DenseNet.Configuration.TransitionPool
  /// Before a max pool.
  let unpooled: UnpooledMap?
  let fused: FusedConvolution
  private lazy var source = FeatureMap(ChannelLayout(slices: [inputChannels]))
  private lazy var target = FeatureMap(ChannelLayout(slices: [outputChannels]))

  private let naming: DenseNet.Configuration.StateNaming

  /// Weights start as PyTorch's do.
  public convenience init(
    inputChannels: Int, outputChannels: Int, pool: DenseNet.Configuration.TransitionPool = .average
  ) {
    self.init(source: ChannelLayout(slices: [inputChannels]), outputChannels: outputChannels, pool: pool)
  }

  /// - Parameter source: the map that is read.
  init(
    source: ChannelLayout, outputChannels: Int, pool: DenseNet.Configuration.TransitionPool = .average,
    bias: Bool = true,
    naming: DenseNet.Configuration.StateNaming = .chapter, initialization: Initialization? = .pytorch
  ) {
    precondition(source.channels > 0 && outputChannels > 0, "channels must be positive")
    inputChannels = source.channels
    self.outputChannels = outputChannels
    self.pool = pool
    self.naming = naming
    unpooled = pool == .max ? UnpooledMap(channels: outputChannels) : nil
    fused = FusedConvolution(
      norm: BatchNorm2d(source.channels),
      convolution: Conv2d(source.channels, outputChannels, kernelSize: 1, bias: bias, initialization: initialization),
      source: source, pool: pool == .average ? .window(2) : .none, feedsNorm: pool == .average)
  }

  package var norm: BatchNorm2d { fused.norm }
  package var convolution: Conv2d { fused.convolution as! Conv2d }

  /// The chapter's names, `0` and `2`, or torchvision's, `norm` and `conv`.
  public var children: [(name: String, layer: any Layer)] {
    let names = FusedNames.transition(naming)
    return [(names.norm, norm), (names.convolution, convolution)]
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: inputChannels, outputChannels: outputChannels, layer: "Transition") {
      Extent($0.height / 2, $0.width / 2)
    }
  }

  /// Counted as the paper's order would: the convolution before the pool.
  public func multiplyAdds(_ shape: [Int]) throws -> Int { try convolution.multiplyAdds(shape) }

  /// The stride of the map that the convolution writes, on the way to a map of `stride`.
  func convolutionStride(before stride: Int) -> Int { unpooled?.map.stride ?? stride }

  /// Writes slice 0 of `target`.
  func forward(from source: FeatureMap, to target: FeatureMap, mode: Mode, device: Device) {
    fused.forward(from: source, to: unpooled?.map ?? target, slice: 0, mode: mode, device: device)
    unpooled?.pool(to: target, device: device)
  }

  /// From the gradient of slice 0 of `target`: parameters' gradients, and the source's, of which this is the first part.
  func backward(from source: FeatureMap, to target: FeatureMap, device: Device) {
    fused.backward(
      from: source, to: unpooled?.map ?? target, slice: 0, stores: true,
      gradient: unpooled?.gradient(from: target, device: device), device: device)
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: inputChannels, layer: "Transition")
    let device = Device.current
    source.resize(
      images: x.shape[0], height: x.shape[2], width: x.shape[3], gradients: mode == .training,
      precision: device.precision)
    source.load(x, slice: 0, statistics: mode == .training, device: device)
    target.resize(
      images: x.shape[0], height: x.shape[2] / 2, width: x.shape[3] / 2, gradients: mode == .training,
      precision: device.precision)
    unpooled?.resize(
      images: x.shape[0], height: x.shape[2], width: x.shape[3], gradients: mode == .training,
      precision: device.precision)
    forward(from: source, to: target, mode: mode, device: device)
    return target.tensor(device: device)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    precondition(
      target.isTraining && outputGradient.shape == [target.images, outputChannels, target.height, target.width],
      "Transition: backward follows a training-mode forward of the same shape, found \(outputGradient.shape)")
    let device = Device.current
    target.loadGradient(outputGradient, device: device)
    target.clearDeferred()
    source.clearDeferred()
    backward(from: source, to: target, device: device)
    return needsInputGradient ? source.gradientTensor(slice: 0, device: device) : nil
  }
}
