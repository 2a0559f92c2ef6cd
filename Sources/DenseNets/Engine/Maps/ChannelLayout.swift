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

/// `count` rounded up to whole vectors.
func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }
