/// A dense block (Huang et al. 2017, §3): each layer, `BN → ReLU → Conv3×3`, sees the outputs of all before it.
///
/// - x: `[N, inputChannels, H, W]`
/// - result: `[N, inputChannels + layers · growthRate, H, W]`: the input's channels, then each layer's.
///
/// It computes what the chapter's loop of `Sequential` and `concatenated` does, in one buffer: layer *l* reads the
/// channels before it and writes its own after them. Batch statistics of a channel are computed once for all layers
/// that read it; normalised activations are never stored.
public final class DenseBlock: Layer {
  public let inputChannels: Int
  public let growthRate: Int
  let fused: [FusedConvolution]
  /// Slice 0 is the input; slice *l* + 1 is layer *l*'s output.
  let map: FeatureMap

  /// Weights start as PyTorch's do.
  public init(layers: Int, inputChannels: Int, growthRate: Int) {
    precondition(layers > 0 && inputChannels > 0 && growthRate > 0, "layers, channels and growth must be positive")
    self.inputChannels = inputChannels
    self.growthRate = growthRate
    let slices = [inputChannels] + [Int](repeating: growthRate, count: layers)
    map = FeatureMap(ChannelLayout(slices: slices))
    fused = (0..<layers).map { layer in
      let channels = inputChannels + layer * growthRate
      return FusedConvolution(
        norm: BatchNorm2d(channels), convolution: Conv2d(channels, growthRate, kernelSize: 3, padding: 1),
        source: ChannelLayout(slices: Array(slices[...layer])))
    }
  }

  public var outputChannels: Int { map.layout.channels }

  /// The batch norm and convolution of each layer.
  public var convBlocks: [(norm: BatchNorm2d, convolution: Conv2d)] {
    fused.map { ($0.norm, $0.convolution as! Conv2d) }
  }

  /// The chapter's names: `net.<layer>.0` is the batch norm, `net.<layer>.2` the convolution.
  public var children: [(name: String, layer: any Layer)] {
    convBlocks.enumerated().flatMap { index, block -> [(name: String, layer: any Layer)] in
      [("net.\(index).0", block.norm), ("net.\(index).2", block.convolution)]
    }
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: inputChannels, outChannels: outputChannels, layer: "DenseBlock") { $0 }
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int {
    try convBlocks.reduce(0) {
      try $0 + $1.convolution.multiplyAdds([shape[0], $1.convolution.inChannels, shape[2], shape[3]])
    }
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: inputChannels, layer: "DenseBlock")
    let device = Device.current
    map.resize(
      images: x.shape[0], height: x.shape[2], width: x.shape[3], gradients: mode == .training,
      precision: device.precision)
    map.load(x, slice: 0, statistics: mode == .training, device: device)
    forward(mode: mode, device: device)
    return map.tensor(device: device)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    precondition(
      map.isTraining && outputGradient.shape == [map.images, outputChannels, map.height, map.width],
      "DenseBlock: backward follows a training-mode forward of the same shape, found \(outputGradient.shape)")
    let device = Device.current
    map.loadGradient(outputGradient, device: device)
    map.clearDeferred()
    backward(device: device)
    return needsInputGradient ? map.gradientTensor(slice: 0, device: device) : nil
  }

  /// From slice 0 of the map, already there, to the others.
  func forward(mode: Mode, device: Device) {
    for (layer, fused) in fused.enumerated() {
      fused.forward(from: map, to: map, slice: layer + 1, mode: mode, device: device)
    }
  }

  /// From the map's gradient, written by what consumes the block, to the parameters' and slice 0's.
  func backward(device: Device) {
    for (layer, fused) in fused.enumerated().reversed() {
      fused.backward(from: map, to: map, slice: layer + 1, stores: false, device: device)
    }
  }
}
