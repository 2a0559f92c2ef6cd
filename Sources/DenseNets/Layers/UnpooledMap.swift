/// What a convolution writes before a max pool over windows of 2×2 halves it, as a max pool cannot come first.
final class UnpooledMap {
  let map: FeatureMap
  private var winners: Bytes?

  init(channels: Int) { map = FeatureMap(ChannelLayout(slices: [channels])) }

  /// Takes a new size, with memory of its own.
  func resize(images: Int, height: Int, width: Int, gradients wanted: Bool, precision: Precision) {
    map.resize(images: images, height: height, width: width, gradients: wanted, precision: precision)
    winners = wanted ? Bytes(Buffer(images * shape(map.stride).pooledCount)) : nil
  }

  /// Takes a new size, in memory that others share at other times.
  /// - Parameter winners: which value of each window was the greatest; kept from the forward to the backward pass.
  func use(images: Int, size: Extent, values: MapMemory, gradients: MapMemory, winners: Bytes?) {
    map.use(
      images: images, height: size.height, width: size.width, training: winners != nil, values: values,
      gradients: gradients)
    self.winners = winners
  }

  private func shape(_ outStride: Int) -> PoolShape {
    .halving(Extent(map.height, map.width), channels: map.stride, outStride: outStride)
  }

  /// Writes slice 0 of `target`, with its statistics in training.
  func pool(to target: FeatureMap, device: Device) {
    let shape = shape(target.stride)
    Profiler.measure("max pool", bytes: map.pixels * map.stride * map.precision.bytes) {
      device.maxPool(shape, of: map.valueSlice(0), to: target.valueSlice(0), winners: winners, images: map.images)
    }
    if winners != nil { target.measure(0, device: device) }
  }

  /// The gradient of this map, from that of slice 0 of `target`, which is finished in place.
  func gradient(from target: FeatureMap, device: Device) -> UnfinishedGradient {
    target.finishGradient(0, device: device)
    let shape = shape(target.stride)
    let gradient = map.gradients.slice()
    Profiler.measure("max pool's gradient", bytes: map.pixels * map.stride * map.precision.bytes) {
      device.maxPoolGradient(
        shape, of: target.gradients.slice(), winners: winners!, to: gradient, images: map.images)
    }
    return .finished(gradient, of: map)
  }
}
