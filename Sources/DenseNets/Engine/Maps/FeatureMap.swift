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
    statistics.count = BatchShare.count(images: images, area: height * width)
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

  /// The mean and biased variance of slice `index` from the moments of tiles, and of those of all replicas where they share
  /// statistics.
  /// - Parameter imagesPerTile: of a small map.
  func setStatistics(_ index: Int, from moments: TileMoments, pixels: [Int32], imagesPerTile: Int = 1) {
    if let share = BatchShare.ofStatistics {
      return setStatistics(index, from: moments, pixels: pixels, imagesPerTile: imagesPerTile, share)
    }
    let offset = layout.offset(index)
    joinMoments(
      moments, pixels: pixels, channels: padded(layout.slices[index]), mean: Slice(statistics.mean, at: offset),
      variance: Slice(statistics.variance, at: offset))
  }
}
