/// The batch statistics of a map's padded channels.
final class ChannelStatistics {
  let mean: Buffer<Float>
  /// Biased.
  let variance: Buffer<Float>
  /// Values of each channel, of all replicas where they share statistics.
  var count = 0

  init(channels: Int) {
    mean = Buffer(channels)
    variance = Buffer(channels)
  }
}
