/// Sees the maps of numbers that a pass writes, as they are written.
protocol PassObserver: AnyObject {
  /// - Parameter images: a part of the batch, the others come apart.
  func observe(_ site: PassSite, _ values: MapSlice, stride: Int, images: Int, size: Extent)
}

/// What a pass writes.
enum PassSite: Hashable {
  /// A slice of a block's map.
  case slice(Int, block: Int)
  /// A layer's bottleneck, normalised and rectified.
  case bottleneck(layer: Int, block: Int)
  /// A block's whole map.
  case map(block: Int)
}
