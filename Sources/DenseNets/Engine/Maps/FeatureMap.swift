/// Which channels a padded map holds: slices one after another, each on a cache line of its own.
struct ChannelLayout: Sendable, Equatable {
  /// Channels of each slice, as users count them.
  let slices: [Int]

  /// Where slice `index` begins among the padded channels.
  func offset(_ index: Int) -> Int { slices[..<index].reduce(0) { $0 + padded($1) } }
  /// Channels of the first `count` slices.
  func channels(_ count: Int) -> Int { slices[..<count].reduce(0, +) }
  var paddedChannels: Int { offset(slices.count) }
  /// Values from one pixel of a large map to the next. A multiple of 2 KiB would put the same channel of many pixels into
  /// the same few places of a cache, where they push each other out; a cache line between pixels spreads them.
  var spacedStride: Int { paddedChannels % 512 == 0 ? paddedChannels + lanes : paddedChannels }
  var channels: Int { channels(slices.count) }

  /// The padded position of each channel.
  var map: [Int] {
    slices.indices.flatMap { slice in (0..<slices[slice]).map { offset(slice) + $0 } }
  }
}

/// The batch statistics of a map's padded channels.
final class ChannelStatistics {
  let mean: Buffer<Float>
  /// Biased.
  let variance: Buffer<Float>
  /// Values of each channel.
  var count = 0

  init(channels: Int) {
    mean = Buffer(channels)
    variance = Buffer(channels)
  }
}

/// A block's one buffer: every channel's values, their batch statistics, and in training the gradient.
///
/// A gradient here is unfinished until all consumers of its channel have run: what batch norms owe,
/// `a + b * (value - mean)`, is summed in `deferredShift` and `deferredSlope` and added when the slice is consumed.
final class FeatureMap {
  let layout: ChannelLayout
  /// Values from one pixel to the next.
  let stride: Int
  private(set) var images = 0
  private(set) var height = 0
  private(set) var width = 0
  /// Whether the last forward pass was one that a backward pass may follow.
  private(set) var isTraining = false
  private(set) var values = MapMemory.none
  private(set) var gradients = MapMemory.none
  /// Whether the memory is another's, that may use it for other things too.
  private var isBorrowed = false
  let statistics: ChannelStatistics
  let deferredShift: Buffer<Float>
  let deferredSlope: Buffer<Float>

  /// - Parameter stride: values from one pixel to the next; nil: as many as there are padded channels.
  init(_ layout: ChannelLayout, stride: Int? = nil) {
    self.layout = layout
    self.stride = stride ?? layout.paddedChannels
    statistics = ChannelStatistics(channels: layout.paddedChannels)
    deferredShift = Buffer(layout.paddedChannels)
    deferredSlope = Buffer(layout.paddedChannels)
  }

  var pixels: Int { images * height * width }
  var precision: Precision { values.precision }

  /// Takes a new size for a forward pass, with memory of its own that grows where it must and is never given back.
  /// - Parameter wanted: whether a backward pass may follow.
  func resize(images: Int, height: Int, width: Int, gradients wanted: Bool, precision: Precision = .fp32) {
    let count = images * height * width * stride
    if isBorrowed { (values, gradients) = (.none, .none) }
    if values.count < count || precision != values.precision { values = MapMemory(count, precision) }
    if wanted && (gradients.count < count || precision != gradients.precision) {
      gradients = MapMemory(count, precision)
    }
    use(images: images, height: height, width: width, training: wanted, values: values, gradients: gradients)
    isBorrowed = false
  }

  /// Takes a new size for a forward pass, in memory that others share at other times.
  func use(images: Int, height: Int, width: Int, training: Bool, values: MapMemory, gradients: MapMemory) {
    (self.images, self.height, self.width) = (images, height, width)
    isTraining = training
    self.values = values
    self.gradients = gradients
    isBorrowed = true
    statistics.count = pixels
  }

  /// Forgets what batch norms owe to the gradient: the start of a backward pass.
  func clearDeferred() {
    deferredShift.clear(0..<layout.paddedChannels)
    deferredSlope.clear(0..<layout.paddedChannels)
  }

  func valueSlice(_ index: Int) -> MapSlice { values.slice(at: layout.offset(index)) }

  /// The gradient of slice `index`, to be finished on load.
  func gradientSlice(_ index: Int) -> UnfinishedGradient {
    let offset = layout.offset(index)
    return UnfinishedGradient(
      gradient: gradients.slice(at: offset), gradientStride: stride, value: valueSlice(index), valueStride: stride,
      a: Slice(deferredShift, at: offset), b: Slice(deferredSlope, at: offset), mean: Slice(statistics.mean, at: offset)
    )
  }

  /// The mean and biased variance of slice `index` from the moments of tiles.
  func setStatistics(_ index: Int, from moments: TileMoments, pixels: [Int32]) {
    let offset = layout.offset(index)
    joinMoments(
      moments, pixels: pixels, channels: padded(layout.slices[index]), mean: Slice(statistics.mean, at: offset),
      variance: Slice(statistics.variance, at: offset))
  }
}

// MARK: - To and from tensors

extension FeatureMap {
  /// Writes a tensor `[N, C, H, W]` into slice `index`; statistics too, if wanted.
  func load(_ tensor: Tensor, slice index: Int, statistics: Bool, device: Device) {
    device.kernels.load(
      tensor.storage, from: 0, stride: layout.slices[index], channels: layout.slices[index], into: valueSlice(index),
      stride: stride, pixels: pixels)
    if statistics { measure(index, device: device) }
  }

  /// Sets the statistics of slice `index` from its values.
  func measure(_ index: Int, device: Device) {
    let channels = padded(layout.slices[index])
    let area = Extent(height, width)
    device.withWorkspace(2 * images * channels) { memory in
      let moments = TileMoments(in: memory, at: 0, count: images * channels)
      device.run(images) { image, _ in
        device.kernels.moments(
          moments, image: image, of: valueSlice(index), stride: stride, channels: channels, area: area)
      }
      setStatistics(index, from: moments, pixels: [Int32](repeating: Int32(area.area), count: images))
    }
  }

  /// Drops values of slice `index`, and sets its statistics.
  func drop(_ index: Int, _ mask: DropoutMask, device: Device) {
    drop(valueSlice(index), of: index, mask, device: device)
    measure(index, device: device)
  }

  /// Finishes the gradient of slice `index`, in place, and takes it through dropout.
  /// - Returns: the gradient, which is owed nothing more.
  func droppedGradient(_ index: Int, _ mask: DropoutMask, device: Device) -> UnfinishedGradient {
    let channels = padded(layout.slices[index])
    finishGradient(index, device: device)
    let gradient = gradientSlice(index)
    drop(gradient.gradient, of: index, mask, device: device)
    let nothing = Slice(Buffer<Float>(channels))
    return UnfinishedGradient(
      gradient: gradient.gradient, gradientStride: stride, value: gradient.value, valueStride: stride, a: nothing,
      b: nothing, mean: gradient.mean)
  }

  private func drop(_ values: MapSlice, of index: Int, _ mask: DropoutMask, device: Device) {
    let channels = padded(layout.slices[index])
    let area = height * width
    device.run(images) { image, _ in
      device.kernels.drop(
        values, stride: stride, channels: channels, pixels: image * area..<(image + 1) * area, mask)
    }
  }

  /// Adds what batch norms owe to the gradient of slice `index`, in place.
  func finishGradient(_ index: Int, scale factor: Slice? = nil, device: Device) {
    let channels = padded(layout.slices[index])
    let ones = Buffer<Float>(channels)
    ones.fill(1, in: 0..<channels)
    let g = gradientSlice(index)
    let area = height * width
    device.run(images) { image, _ in
      device.kernels.normBackward(
        dx: g.gradient, dy: g.gradient, x: g.value, mean: g.mean, scale: factor ?? Slice(ones), a: g.a, b: g.b,
        stride: stride, channels: channels, pixels: image * area..<(image + 1) * area)
    }
  }

  /// Writes a tensor `[N, C, H, W]` of all channels into the gradient.
  func loadGradient(_ tensor: Tensor, device: Device) {
    var first = 0
    for (index, count) in layout.slices.enumerated() {
      device.kernels.load(
        tensor.storage, from: first, stride: layout.channels, channels: count,
        into: gradients.slice(at: layout.offset(index)), stride: stride, pixels: pixels)
      first += count
    }
  }

  /// All channels as a tensor `[N, C, H, W]`.
  func tensor(device: Device) -> Tensor { tensor(of: values, slices: layout.slices.indices, device: device) }

  /// Slice `index` as a tensor `[N, C, H, W]`.
  func tensor(slice index: Int, device: Device) -> Tensor {
    tensor(of: values, slices: index..<index + 1, device: device)
  }

  /// The finished gradient of slice `index` as a tensor `[N, C, H, W]`.
  /// - Parameter factor: multiplies the stored gradient, channel by channel, before what is owed is added.
  func gradientTensor(slice index: Int, scale factor: Slice? = nil, device: Device) -> Tensor {
    finishGradient(index, scale: factor, device: device)
    return tensor(of: gradients, slices: index..<index + 1, device: device)
  }

  private func tensor(of memory: MapMemory, slices: Range<Int>, device: Device) -> Tensor {
    let channels = layout.slices[slices].reduce(0, +)
    var storage = [Float](repeating: 0, count: pixels * channels)
    var first = 0
    for index in slices {
      device.kernels.read(
        memory.slice(at: layout.offset(index)), stride: stride, channels: layout.slices[index], pixels: pixels,
        into: &storage, at: first, stride: channels)
      first += layout.slices[index]
    }
    return Tensor(shape: [images, channels, height, width], storage: storage)
  }
}
