/// Which channels a padded map holds: slices one after another, each on a cache line of its own.
struct ChannelLayout: Sendable, Equatable {
  /// Channels of each slice, as users count them.
  let slices: [Int]

  /// Where slice `index` begins among the padded channels.
  func offset(_ index: Int) -> Int { slices[..<index].reduce(0) { $0 + padded($1) } }
  /// Padded channels of the first `count` slices.
  func paddedChannels(_ count: Int) -> Int { offset(count) }
  /// Channels of the first `count` slices.
  func channels(_ count: Int) -> Int { slices[..<count].reduce(0, +) }
  var paddedChannels: Int { offset(slices.count) }
  var channels: Int { channels(slices.count) }

  /// The padded position of each channel.
  var map: [Int] {
    slices.indices.flatMap { slice in (0..<slices[slice]).map { offset(slice) + $0 } }
  }
}

/// A block's one buffer: every channel's values, their batch statistics, and in training the gradient.
///
/// A gradient here is unfinished until all consumers of its channel have run: what batch norms owe,
/// `a + b * (value - mean)`, is summed in `deferredShift` and `deferredSlope` and added when the slice is consumed.
final class FeatureMap {
  let layout: ChannelLayout
  private(set) var images = 0
  private(set) var height = 0
  private(set) var width = 0
  /// Whether the last forward pass was one that a backward pass may follow.
  private(set) var isTraining = false
  private(set) var values = Buffer<Float>(0)
  private(set) var gradients = Buffer<Float>(0)
  let mean: Buffer<Float>
  /// Biased.
  let variance: Buffer<Float>
  let deferredShift: Buffer<Float>
  let deferredSlope: Buffer<Float>

  init(_ layout: ChannelLayout) {
    self.layout = layout
    mean = Buffer(layout.paddedChannels)
    variance = Buffer(layout.paddedChannels)
    deferredShift = Buffer(layout.paddedChannels)
    deferredSlope = Buffer(layout.paddedChannels)
  }

  /// Floats from one pixel to the next.
  var stride: Int { layout.paddedChannels }
  var pixels: Int { images * height * width }

  /// Takes a new size for a forward pass; memory grows where it must and is never given back.
  /// - Parameter wanted: whether a backward pass may follow.
  func resize(images: Int, height: Int, width: Int, gradients wanted: Bool) {
    (self.images, self.height, self.width) = (images, height, width)
    isTraining = wanted
    let count = pixels * stride
    if values.count < count { values = Buffer(count) }
    if wanted && gradients.count < count { gradients = Buffer(count) }
  }

  /// Forgets what batch norms owe to the gradient: the start of a backward pass.
  func clearDeferred() {
    deferredShift.fill(0, in: 0..<stride)
    deferredSlope.fill(0, in: 0..<stride)
  }

  func valueSlice(_ index: Int) -> Slice { Slice(values, at: layout.offset(index)) }

  /// The gradient of slice `index`, to be finished on load.
  func gradientSlice(_ index: Int) -> UnfinishedGradient {
    let offset = layout.offset(index)
    return UnfinishedGradient(
      gradient: Slice(gradients, at: offset), gradientStride: stride, value: valueSlice(index), valueStride: stride,
      a: Slice(deferredShift, at: offset), b: Slice(deferredSlope, at: offset), mean: Slice(mean, at: offset))
  }

  /// The mean and biased variance of slice `index` from the moments of tiles.
  func setStatistics(_ index: Int, from moments: TileMoments, pixels: [Int32]) {
    let offset = layout.offset(index)
    joinMoments(
      moments, pixels: pixels, channels: padded(layout.slices[index]), mean: Slice(mean, at: offset),
      variance: Slice(variance, at: offset))
  }
}

// MARK: - To and from tensors

extension FeatureMap {
  /// Writes a tensor `[N, C, H, W]` into slice `index`; statistics too, if wanted.
  func load(_ tensor: Tensor, slice index: Int, statistics: Bool, device: Device) {
    scatterPixels(
      tensor.storage, into: valueSlice(index), channels: layout.slices[index], padded: padded(layout.slices[index]),
      stride: stride)
    guard statistics else { return }
    let channels = padded(layout.slices[index])
    let moments = TileMoments(mean: Buffer(images * channels), squares: Buffer(images * channels))
    let area = Extent(height, width)
    device.run(images) { image, _ in
      device.kernels.moments(
        moments, image: image, of: valueSlice(index), stride: stride, channels: channels, area: area)
    }
    setStatistics(index, from: moments, pixels: [Int32](repeating: Int32(area.area), count: images))
  }

  /// Writes a tensor `[N, C, H, W]` of all channels into the gradient.
  func loadGradient(_ tensor: Tensor) {
    var first = 0
    let channels = layout.channels
    for (index, count) in layout.slices.enumerated() {
      let part = channelRange(tensor.storage, channels: channels, first..<first + count)
      scatterPixels(
        part, into: Slice(gradients, at: layout.offset(index)), channels: count, padded: padded(count), stride: stride)
      first += count
    }
  }

  /// All channels as a tensor `[N, C, H, W]`.
  func tensor() -> Tensor { tensor(of: values, slices: layout.slices.indices) }

  /// The finished gradient of slice `index` as a tensor `[N, C, H, W]`.
  /// - Parameter factor: multiplies the stored gradient, channel by channel, before what is owed is added.
  func gradientTensor(slice index: Int, scale factor: Slice? = nil, device: Device) -> Tensor {
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
    return tensor(of: gradients, slices: index..<index + 1)
  }

  private func tensor(of buffer: Buffer<Float>, slices: Range<Int>) -> Tensor {
    let channels = layout.slices[slices].reduce(0, +)
    var storage = [Float](repeating: 0, count: pixels * channels)
    var first = 0
    for index in slices {
      let count = layout.slices[index]
      gatherPixels(
        Slice(buffer, at: layout.offset(index)), into: &storage, at: first, channels: count, sourceStride: stride,
        stride: channels, pixels: pixels)
      first += count
    }
    return Tensor(shape: [images, channels, height, width], storage: storage)
  }
}

/// Channels `range` of pixels of `channels` values.
private func channelRange(_ storage: [Float], channels: Int, _ range: Range<Int>) -> [Float] {
  if range.count == channels { return storage }
  var result = [Float]()
  result.reserveCapacity(storage.count / max(channels, 1) * range.count)
  for first in stride(from: 0, to: storage.count, by: channels) {
    result += storage[first + range.lowerBound..<first + range.upperBound]
  }
  return result
}
