// The statistics of a map whose images several replicas hold: to the bit those of one process, so that no value comes to lie
// on the other side of a ReLU.

extension FeatureMap {
  func setStatistics(
    _ index: Int, from moments: TileMoments, pixels: [Int32], imagesPerTile: Int, _ share: BatchShare
  ) {
    let (offset, channels) = (layout.offset(index), layout.slices[index])
    var tiles: TileRows?
    if imagesPerTile > 1 {
      tiles = wholeTiles(index, imagesPerTile, share)
    } else if !share.isStandIn {
      tiles = TileRows(moments: moments, pixels: pixels, stride: padded(channels))
    }
    for (c, joined) in share.join(tiles, channels: channels).enumerated() {
      statistics.mean[offset + c] = Float(joined.mean)
      statistics.variance[offset + c] = Float(joined.squares / joined.count)
    }
  }

  /// The moments of the tiles of the whole batch that begin with one of this replica's images, of which the last may
  /// need others' images; nil: there is no such tile.
  private func wholeTiles(_ index: Int, _ imagesPerTile: Int, _ share: BatchShare) -> TileRows? {
    let own = share.part
    /// The end of the tile that an image is in.
    func end(_ image: Int) -> Int { min(share.images, (image / imagesPerTile + 1) * imagesPerTile) }
    // The first images may be of a tile that begins with another's.
    let head =
      own.isEmpty || own.lowerBound % imagesPerTile == 0 ? 0 : min(own.upperBound, end(own.lowerBound)) - own.lowerBound
    var messages: [(to: Int, values: [Double])] = []
    if head > 0 {
      let begin = own.lowerBound / imagesPerTile * imagesPerTile
      messages = [(share.parts.firstIndex { $0.contains(begin) }!, values(index, 0..<head).map(Double.init))]
    }
    let first = own.lowerBound + head
    let isEmpty = first >= own.upperBound
    let last = isEmpty ? first : end(own.upperBound - 1)
    var sources: [(rank: Int, count: Int)] = []
    for (rank, part) in share.parts.enumerated() where last > own.upperBound && rank > share.replicas.rank {
      let common = part.clamped(to: own.upperBound..<last)
      if !common.isEmpty { sources.append((rank, common.count * height * width * layout.slices[index])) }
    }
    let received = share.replicas.exchange(messages, from: sources)
    if isEmpty { return nil }
    return tileRows(index, imagesPerTile, first: head, end: last - own.lowerBound, others: received.flatMap(\.self))
  }

  /// The values of some images, pixel by pixel.
  private func values(_ index: Int, _ range: Range<Int>) -> [Float] {
    let (area, channels) = (height * width, layout.slices[index])
    var result = [Float](repeating: 0, count: range.count * area * channels)
    Device.current.read(
      slice(index, image: range.lowerBound), stride: stride, channels: channels, pixels: range.count * area,
      into: &result, stride: channels)
    return result
  }

  private func slice(_ index: Int, image: Int) -> MapSlice {
    let values = valueSlice(index)
    return MapSlice(memory: values.memory, offset: values.offset + image * height * width * stride)
  }

  /// The moments of tiles of the images from `first` to before `end`, of which the last ones are others'.
  private func tileRows(
    _ index: Int, _ imagesPerTile: Int, first: Int, end: Int, others: [Double]
  ) -> TileRows {
    let device = Device.current
    let (count, channels) = (layout.slices[index], padded(layout.slices[index]))
    let area = height * width
    let tiles = Swift.stride(from: first, to: end, by: imagesPerTile).map { $0..<min($0 + imagesPerTile, end) }
    let memory = Buffer<Float>(2 * tiles.count * channels)
    // A tile that needs others' images lies in memory of its own.
    var joint: MapSlice?
    if !others.isEmpty, let tile = tiles.last {
      let all = values(index, tile.lowerBound..<images) + others.map { Float($0) }
      let slice = MapMemory(tile.count * area * channels, precision).slice()
      device.load(
        all, stride: count, channels: count, into: slice, stride: channels, pixels: tile.count * area)
      joint = slice
    }
    device.measure(
      tiles.enumerated().map { t, tile in
        let isJoint = joint != nil && t == tiles.count - 1
        return (
          TileMoments(in: memory, at: 2 * t * channels, count: channels),
          isJoint ? joint! : slice(index, image: tile.lowerBound), isJoint ? channels : stride,
          Extent(tile.count * height, width)
        )
      }, channels: channels)
    return TileRows(
      moments: TileMoments(in: memory, at: 0, count: channels), pixels: tiles.map { Int32($0.count * area) },
      stride: 2 * channels)
  }
}
