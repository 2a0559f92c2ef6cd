/// What the bytes of a block's map stand for, slice by slice.
struct QuantizedMap: Sendable {
  let layout: ChannelLayout
  let slices: [Quantization.Slice]

  /// Of the first `count` channels.
  func channels(_ count: Int) -> Quantization.Slice {
    Quantization.Slice(
      scale: Array(slices.lazy.flatMap(\.scale).prefix(count)), zero: Array(slices.lazy.flatMap(\.zero).prefix(count)))
  }

  /// What makes bytes of the numbers of a slice.
  func storing(_ index: Int) -> ChannelScaling {
    let slice = slices[index]
    return ChannelScaling(
      zip(slice.scale, slice.zero).map { (factor: 1 / $0, addend: $1) }, count: padded(slice.scale.count))
  }

  /// What makes numbers of the bytes of a slice.
  func reading(_ index: Int) -> ChannelScaling {
    let slice = slices[index]
    return ChannelScaling(
      zip(slice.scale, slice.zero).map { (factor: $0, addend: -$0 * $1) }, count: padded(slice.scale.count))
  }
}
