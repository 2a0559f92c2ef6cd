/// How often each channel has which values: bins of one width around zero, that double it where a value lies outside.
final class ChannelHistograms {
  let channels: Int
  private static let bins = 1024
  private let counts: Buffer<UInt32>
  /// Of a bin; 0 before the first value.
  private let widths: Buffer<Float>
  /// 1 for a channel that had a value which is not finite.
  private let faults: Buffer<UInt8>

  init(channels: Int) {
    self.channels = channels
    counts = Buffer(channels * Self.bins)
    widths = Buffer(channels)
    faults = Buffer(channels)
  }

  /// Whether all values so far were finite.
  var isFinite: Bool { (0..<channels).allSatisfy { faults[$0] == 0 } }

  /// - Parameter values: `[pixel, channel]`.
  func add(_ values: [Float], device: Device) {
    let step = lanes
    device.run((channels + step - 1) / step) { item, _ in
      for c in item * step..<min((item + 1) * step, channels) { add(values, of: c) }
    }
  }

  private func add(_ values: [Float], of channel: Int) {
    let half = Self.bins / 2
    var greatest: Float = 0
    for i in stride(from: channel, to: values.count, by: channels) {
      guard values[i].isFinite else {
        faults[channel] = 1
        return
      }
      greatest = max(greatest, abs(values[i]))
    }
    if widths[channel] == 0 { widths[channel] = max(greatest, 1e-6) * 1.0625 / Float(half) }
    while greatest >= widths[channel] * Float(half) { widen(channel) }
    let (width, first) = (widths[channel], channel * Self.bins + half)
    for i in stride(from: channel, to: values.count, by: channels) {
      let bin = first + Int((values[i] / width).rounded(.down))
      if counts[bin] < .max { counts[bin] += 1 }
    }
  }

  /// Joins every two bins.
  private func widen(_ channel: Int) {
    let (first, half) = (channel * Self.bins, Self.bins / 2)
    var joined = [UInt32](repeating: 0, count: Self.bins)
    for bin in 0..<Self.bins {
      let (sum, overflows) = joined[half + (bin - half) >> 1].addingReportingOverflow(counts[first + bin])
      joined[half + (bin - half) >> 1] = overflows ? .max : sum
    }
    for bin in 0..<Self.bins { counts[first + bin] = joined[bin] }
    widths[channel] *= 2
  }

  /// - Parameter rectified: whether no value is negative; those of the first bin are 0 then, as most are.
  func distribution(of channel: Int, rectified: Bool) -> Distribution {
    let half = Self.bins / 2
    var result = Distribution()
    for bin in 0..<Self.bins {
      let count = counts[channel * Self.bins + bin]
      guard count > 0 else { continue }
      let value = rectified && bin == half ? 0 : (Float(bin - half) + 0.5) * widths[channel]
      result.points.append((value: value, count: Float(count)))
    }
    return result
  }
}

/// The values of a channel, the least first, and how often each is there.
struct Distribution {
  var points: [(value: Float, count: Float)] = []

  var count: Float { points.reduce(0) { $0 + $1.count } }

  /// The mean of `transform` of the values.
  func mean(_ transform: (Float) -> Float) -> Float {
    let total = points.reduce(Double(0)) { $0 + Double(transform($1.value) * $1.count) }
    return points.isEmpty ? 0 : Float(total / Double(count))
  }

  /// After batch norm and ReLU.
  func rectified(scale: Float, shift: Float) -> Distribution {
    let rectified = points.map { (max($0.value * scale + shift, 0), $0.count) }
    return Distribution(points: scale < 0 ? rectified.reversed() : rectified)
  }

  /// The mean square of the difference that `low...high` in 255 steps makes: from values outside to its ends, and of a
  /// third of half a step within. 0 stays exact.
  func squaredError(low: Float, high: Float) -> Float {
    let step = (high - low) / 255
    let within = step * step / 12
    return mean { value in
      if value < low { return (low - value) * (low - value) }
      if value > high { return (value - high) * (value - high) }
      return value == 0 ? 0 : within
    }
  }
}
