/// One layer of a dense block, from the first slices of the block's map into the next:
/// `BN → ReLU → Conv3×3`, or with a bottleneck `BN → ReLU → Conv1×1 → BN → ReLU → Conv3×3` (Huang et al. 2017, §3).
///
/// In training, dropout may follow.
///
/// The bottleneck's map must be complete before its batch norm can be applied, so it is stored: until the backward
/// pass, or only until it has been read, to be computed again then.
final class DenseLayer {
  /// The 1×1 convolution and what it writes.
  let bottleneck: (convolution: FusedConvolution, map: FeatureMap)?
  let growing: FusedConvolution
  /// nil: nothing is dropped.
  let dropout: Dropout?
  /// Whether training, too, drops nothing here.
  var isFrozen = false
  /// Where the bottleneck's map lies when it is computed again.
  private var later: MapMemory?

  /// - Parameters:
  ///   - source: the slices that are read.
  ///   - width: of the bottleneck, in growth rates; nil: none.
  init(
    source: ChannelLayout, growthRate: Int, bottleneckWidth width: Int?, dropRate: Double, bias: Bool,
    initialization: Initialization?
  ) {
    dropout = dropRate > 0 ? Dropout(Float(dropRate)) : nil
    var source = source
    if let width {
      let map = FeatureMap(ChannelLayout(slices: [width * growthRate]))
      let convolution = FusedConvolution(
        norm: BatchNorm2d(source.channels),
        convolution: Conv2d(
          source.channels, width * growthRate, kernelSize: 1, bias: bias, initialization: initialization),
        source: source)
      bottleneck = (convolution, map)
      source = map.layout
    } else {
      bottleneck = nil
    }
    growing = FusedConvolution(
      norm: BatchNorm2d(source.channels),
      convolution: Conv2d(
        source.channels, growthRate, kernelSize: 3, padding: 1, bias: bias, initialization: initialization),
      source: source)
  }

  /// Its convolutions, in order.
  var convolutions: [FusedConvolution] { (bottleneck.map { [$0.convolution] } ?? []) + [growing] }

  /// Memory for the bottleneck's map.
  struct BottleneckMemory {
    /// In the forward pass.
    let values: MapMemory
    /// In the backward pass; nil: what the forward pass left.
    let later: MapMemory?
    let gradients: MapMemory
  }

  /// Takes memory for a pass over a block's map of this size; nil: the bottleneck's own, kept until the backward pass.
  func prepare(_ map: FeatureMap, training: Bool, memory: BottleneckMemory?) {
    guard let own = bottleneck?.map else { return }
    later = memory?.later
    if let memory {
      own.use(
        images: map.images, height: map.height, width: map.width, training: training, values: memory.values,
        gradients: memory.gradients)
    } else {
      own.resize(
        images: map.images, height: map.height, width: map.width, gradients: training, precision: map.precision)
    }
  }

  /// Writes slice `slice` of the block's map.
  func forward(_ map: FeatureMap, slice: Int, mode: Mode, device: Device) {
    if let (convolution, between) = bottleneck {
      convolution.forward(from: map, to: between, slice: 0, mode: mode, device: device)
    }
    growing.forward(
      from: bottleneck?.map ?? map, to: map, slice: slice, mode: mode,
      mask: mode == .training && !isFrozen ? dropout?.mask(isNew: true) : nil, device: device)
  }

  /// From the gradient of slice `slice` of the block's map: parameters' gradients, and those of the slices before it.
  func backward(_ map: FeatureMap, slice: Int, device: Device) {
    let mask = isFrozen ? nil : dropout?.mask(isNew: false)
    let gradient = mask.map { map.droppedGradient(slice, $0, device: device) }
    guard let (convolution, between) = bottleneck else {
      return growing.backward(from: map, to: map, slice: slice, stores: false, gradient: gradient, device: device)
    }
    if let later {
      between.use(
        images: map.images, height: map.height, width: map.width, training: true, values: later,
        gradients: between.gradients)
      convolution.repeatForward(from: map, to: between, slice: 0, device: device)
    }
    between.clearDeferred()
    growing.backward(from: between, to: map, slice: slice, stores: true, gradient: gradient, device: device)
    convolution.backward(from: map, to: between, slice: 0, stores: false, device: device)
  }
}
