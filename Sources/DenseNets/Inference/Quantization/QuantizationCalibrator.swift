/// Finds a network's ``Quantization`` by passing images through it: the ranges of its channels and of its convolutions'
/// inputs, the weights that lose least on such inputs, and the means of what is lost.
///
/// Images are as in inference, some hundreds of them of all kinds; they need no labels.
public final class QuantizationCalibrator {
  private let model: DenseNet
  private let network: InferenceNetwork
  private let device: Device
  private let observer: Observer
  private var plan: InferencePlan?
  /// Images so far.
  public private(set) var images = 0

  /// - Parameters:
  ///   - model: in its present state.
  ///   - device: its precision must be fp32.
  /// - Throws: ``Failure`` where a convolution has too many inputs for sums in 32 bits, or the device is of another
  ///   precision.
  public init(_ model: DenseNet, device: Device = .current) throws(Failure) {
    guard device.precision == .fp32 else {
      throw Failure(.usage, "calibration: expected a device of fp32, found \(device.precision.rawValue)")
    }
    try QuantizationSites(model).requireSumsFit()
    self.model = model
    self.device = device
    network = InferenceNetwork(model)
    observer = Observer(network, device)
  }

  /// - Parameter x: `[N, inputChannels, H, W]`, normalised as in training. Batches of one shape need no new memory.
  /// - Throws: ``Failure`` if the network cannot take the shape, or has values that are not finite.
  public func observe(_ x: Tensor) throws {
    guard x.rank == 4, x.count > 0, x.shape[1] == model.configuration.inputChannels else {
      throw Failure(
        .usage,
        "calibration: expected images [N, \(model.configuration.inputChannels), H, W], found \(x.shape)")
    }
    if plan?.inputShape != x.shape { plan = try InferencePlan(network, inputShape: x.shape, device: device) }
    observer.observe(images: x)
    plan!.run(x, classifies: false, observer: observer)
    guard observer.isFinite else {
      throw Failure(
        .invalidData,
        "calibration: expected finite values between the layers, found others; check the weights and the normalisation",
        settings: ["mean", "std"])
    }
    images += x.shape[0]
  }

  /// - Precondition: at least one image was observed.
  public func quantization() -> Quantization {
    precondition(images > 0, "no image was observed")
    let sites = QuantizationSites(model)
    var result = Quantization()
    func quantize(_ convolution: any Convolving, _ inputs: [Distribution]) {
      result.convolutions[sites.name(of: convolution)] = QuantizationSearch.convolution(
        convolution.weight.value.storage, outputs: convolution.outputChannels, inputs: inputs, device: device)
    }
    func write(_ name: String, _ slice: PassSite) {
      let channels = observer.distributions(slice, rectified: false).map(QuantizationSearch.slice)
      result.outputs[name] = Quantization.Slice(scale: channels.map(\.scale), zero: channels.map(\.zero))
    }
    if let stem = sites.pooledStem {
      result.convolutions[sites.first] = QuantizationSearch.first(
        stem.convolution.weight.value.storage, outputs: stem.convolution.outputChannels,
        inputs: observer.distributions(of: observer.images, rectified: false), device: device)
    }
    for (b, block) in model.blocks.enumerated() {
      let writer = b == 0 ? sites.first : sites.name(of: model.transitions[b - 1].fused.convolution)
      write(writer, .slice(0, block: b))
      for (index, layer) in block.layers.enumerated() {
        let reader = layer.bottleneck?.convolution ?? layer.growing
        quantize(reader.convolution, inputs(of: reader, slices: index + 1, block: b))
        if layer.bottleneck != nil {
          quantize(
            layer.growing.convolution,
            observer.distributions(.bottleneck(layer: index, block: b), rectified: true))
        }
        write(sites.name(of: layer.growing.convolution), .slice(index + 1, block: b))
      }
      let reader = b < model.transitions.count ? model.transitions[b].fused : model.head
      let isPooled = b == model.transitions.count || model.configuration.transitionPool == .average
      quantize(
        reader.convolution,
        isPooled
          ? observer.distributions(.map(block: b), rectified: true)
          : inputs(of: reader, slices: block.layers.count + 1, block: b))
    }
    return result
  }

  /// What a convolution sees of the first slices of a block, through its batch norm and ReLU.
  private func inputs(of reader: FusedConvolution, slices: Int, block: Int) -> [Distribution] {
    let values = (0..<slices).flatMap { observer.distributions(.slice($0, block: block), rectified: false) }
    return zip(values, reader.norm.inferenceAffine).map { $0.rectified(scale: $1.scale, shift: $1.shift) }
  }
}

/// Counts what passes write.
private final class Observer: PassObserver {
  private let network: InferenceNetwork
  private let device: Device
  private var histograms: [PassSite: ChannelHistograms] = [:]
  let images: ChannelHistograms

  init(_ network: InferenceNetwork, _ device: Device) {
    (self.network, self.device) = (network, device)
    images = ChannelHistograms(channels: network.configuration.inputChannels)
  }

  var isFinite: Bool { images.isFinite && histograms.values.allSatisfy(\.isFinite) }

  func distributions(_ site: PassSite, rectified: Bool) -> [Distribution] {
    distributions(of: histograms[site]!, rectified: rectified)
  }

  func distributions(of histogram: ChannelHistograms, rectified: Bool) -> [Distribution] {
    (0..<histogram.channels).map { histogram.distribution(of: $0, rectified: rectified) }
  }

  func observe(images x: Tensor) { images.add(x.storage, device: device) }

  func observe(_ site: PassSite, _ values: MapSlice, stride: Int, images: Int, size: Extent) {
    switch site {
    case .slice(let index, let block):
      let channels = network.maps[block].slices[index]
      add(read(values, stride: stride, channels: channels, pixels: images * size.area), channels, to: site)
    case .bottleneck:
      let channels = network.configuration.growthRate * network.configuration.bottleneckWidth!
      add(read(values, stride: stride, channels: channels, pixels: images * size.area), channels, to: site)
    case .map(let block):
      guard let window = network.pool(after: block, size: size) else { return }
      let channels = network.maps[block].channels
      var all: [Float] = []
      for image in 0..<images {
        all += pooled(values, stride: stride, image: image, size: size, window: window, block: block)
      }
      add(all, channels, to: site)
    }
  }

  private func add(_ values: [Float], _ channels: Int, to site: PassSite) {
    let histogram = histograms[site] ?? ChannelHistograms(channels: channels)
    histograms[site] = histogram
    histogram.add(values, device: device)
  }

  private func read(_ map: MapSlice, stride: Int, channels: Int, pixels: Int) -> [Float] {
    var values = [Float](repeating: 0, count: pixels * channels)
    device.read(map, stride: stride, channels: channels, pixels: pixels, into: &values, stride: channels)
    return values
  }

  /// The means of windows of one image's map, normalised and rectified before: `[window, channel]`.
  private func pooled(
    _ map: MapSlice, stride: Int, image: Int, size: Extent, window: Extent, block: Int
  ) -> [Float] {
    let layout = network.maps[block]
    let affine = network.norms[block]
    let padded = layout.paddedChannels
    let positions = layout.map
    let own = MapSlice(memory: map.memory, offset: map.offset + image * size.area * stride)
    let values = read(own, stride: stride, channels: padded, pixels: size.area)
    let (down, across) = (size.height / window.height, size.width / window.width)
    var result = [Float](repeating: 0, count: down * across * layout.channels)
    for row in 0..<down * window.height {
      for column in 0..<across * window.width {
        let from = (row * size.width + column) * padded
        let to = (row / window.height * across + column / window.width) * layout.channels
        for (c, position) in positions.enumerated() {
          result[to + c] += max(values[from + position] * affine[c].scale + affine[c].shift, 0)
        }
      }
    }
    return result.map { $0 / Float(window.area) }
  }
}
