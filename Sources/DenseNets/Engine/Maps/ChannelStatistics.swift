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
