/// A transition (Huang et al. 2017, §3): `BN → ReLU → Conv1×1 → AvgPool(2)`.
///
/// - x: `[N, inputChannels, H, W]`
/// - result: `[N, outputChannels, ⌊H/2⌋, ⌊W/2⌋]`
///
/// Pooling and a 1×1 convolution commute, bias included, so this pools first and convolves a quarter of the pixels.
public final class Transition: Layer {
  public let inputChannels: Int
  public let outputChannels: Int
  let fused: FusedConvolution
  private lazy var source = FeatureMap(ChannelLayout(slices: [inputChannels]))
  private lazy var target = FeatureMap(ChannelLayout(slices: [outputChannels]))

  private let naming: DenseNet.Configuration.StateNaming

  /// Weights start as PyTorch's do.
  public convenience init(inputChannels: Int, outputChannels: Int) {
    self.init(source: ChannelLayout(slices: [inputChannels]), outputChannels: outputChannels)
  }

  /// - Parameter source: the map that is read.
  init(
    source: ChannelLayout, outputChannels: Int, bias: Bool = true,
    naming: DenseNet.Configuration.StateNaming = .chapter, initialization: Initialization? = .pytorch
  ) {
    precondition(source.channels > 0 && outputChannels > 0, "channels must be positive")
    inputChannels = source.channels
    self.outputChannels = outputChannels
    self.naming = naming
    fused = FusedConvolution(
      norm: BatchNorm2d(source.channels),
      convolution: Conv2d(source.channels, outputChannels, kernelSize: 1, bias: bias, initialization: initialization),
      source: source, pool: .window(2))
  }

  public var norm: BatchNorm2d { fused.norm }
  public var convolution: Conv2d { fused.convolution as! Conv2d }

  /// The chapter's names, `0` and `2`, or torchvision's, `norm` and `conv`.
  public var children: [(name: String, layer: any Layer)] {
    let names = FusedNames.transition(naming)
    return [(names.norm, norm), (names.convolution, convolution)]
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: inputChannels, outChannels: outputChannels, layer: "Transition") {
      Extent($0.height / 2, $0.width / 2)
    }
  }

  /// Counted as the paper's order would: the convolution before the pool.
  public func multiplyAdds(_ shape: [Int]) throws -> Int { try convolution.multiplyAdds(shape) }

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
    fused.forward(from: source, to: target, slice: 0, mode: mode, device: device)
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
    fused.backward(from: source, to: target, slice: 0, stores: true, device: device)
    return needsInputGradient ? source.gradientTensor(slice: 0, device: device) : nil
  }
}
