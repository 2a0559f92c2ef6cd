/// A dense block (Huang et al. 2017, §3): each layer sees the outputs of all before it. A layer is `BN → ReLU → Conv3×3`, or
/// with a bottleneck `BN → ReLU → Conv1×1 → BN → ReLU → Conv3×3`.
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
  let layers: [DenseLayer]
  /// Slice 0 is the input; slice *l* + 1 is layer *l*'s output.
  let map: FeatureMap
  private let naming: DenseNet.Configuration.StateNaming

  /// - Parameters:
  ///   - bottleneckWidth: channels of each layer's 1×1 bottleneck, in growth rates; nil: none.
  ///   - dropRate: the probability with which a value of a layer's output is dropped in training.
  ///   - bias: whether convolutions have one.
  ///   - naming: how the state dictionary names the layers' parts.
  ///   - initialization: how weights start; nil: with zeros, to be loaded.
  public init(
    layers count: Int, inputChannels: Int, growthRate: Int, bottleneckWidth: Int? = nil, dropRate: Double = 0,
    bias: Bool = true, naming: DenseNet.Configuration.StateNaming = .chapter,
    initialization: Initialization? = .pytorch
  ) {
    precondition(count > 0 && inputChannels > 0 && growthRate > 0, "layers, channels and growth must be positive")
    precondition(bottleneckWidth ?? 1 > 0, "the bottleneck's width must be positive")
    self.inputChannels = inputChannels
    self.growthRate = growthRate
    self.naming = naming
    let slices = [inputChannels] + [Int](repeating: growthRate, count: count)
    let layout = ChannelLayout(slices: slices)
    map = FeatureMap(layout, stride: layout.spacedStride)
    layers = (0..<count).map { layer in
      DenseLayer(
        source: ChannelLayout(slices: Array(slices[...layer])), growthRate: growthRate,
        bottleneckWidth: bottleneckWidth, dropRate: dropRate, bias: bias,
        initialization: initialization)
    }
  }

  public var outputChannels: Int { map.layout.channels }

  /// The batch norms and convolutions of each layer, in order: one pair, or two with a bottleneck.
  package var convBlocks: [[(norm: BatchNorm2d, convolution: Conv2d)]] {
    layers.map { $0.convolutions.map { ($0.norm, $0.convolution as! Conv2d) } }
  }

  /// The chapter's `net.<layer>.0` and `net.<layer>.2`, or torchvision's `denselayer<layer + 1>.norm1` and `.conv1`.
  public var children: [(name: String, layer: any Layer)] {
    layers.enumerated().flatMap { index, layer in
      var result: [(name: String, layer: any Layer)] = []
      for (part, fused) in layer.convolutions.enumerated() {
        let names = FusedNames.denseLayer(index, part: part, naming)
        result += [(names.norm, fused.norm), (names.convolution, fused.convolution as! Conv2d)]
      }
      if let dropout = layer.dropout {
        result.append(("\(FusedNames.denseLayer(index, naming)).dropout", dropout))
      }
      return result
    }
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: inputChannels, outputChannels: outputChannels, layer: "DenseBlock") { $0 }
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int {
    try convBlocks.joined().reduce(0) {
      try $0 + $1.convolution.multiplyAdds([shape[0], $1.convolution.inputChannels, shape[2], shape[3]])
    }
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: inputChannels, layer: "DenseBlock")
    let device = Device.current
    map.resize(
      images: x.shape[0], height: x.shape[2], width: x.shape[3], gradients: mode == .training,
      precision: device.precision)
    for layer in layers { layer.prepare(map, training: mode == .training, memory: nil) }
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
    for (index, layer) in layers.enumerated() {
      layer.forward(map, slice: index + 1, mode: mode, device: device)
    }
  }

  /// From the map's gradient, written by what consumes the block, to the parameters' and slice 0's.
  func backward(device: Device) {
    for (index, layer) in layers.enumerated().reversed() {
      layer.backward(map, slice: index + 1, device: device)
    }
  }
}
