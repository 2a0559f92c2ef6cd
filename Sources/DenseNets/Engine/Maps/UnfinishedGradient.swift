/// The gradient of a map before its consumers' batch norms are settled: `gradient + a + b * (value - mean)`.
struct UnfinishedGradient {
  let gradient: MapSlice
  let gradientStride: Int
  let value: MapSlice
  let valueStride: Int
  let a: Slice
  let b: Slice
  let mean: Slice
}

extension UnfinishedGradient {
  /// A gradient that owes nothing: the map's deferred terms are zero, and its own values stand in for x.
  static func finished(_ gradient: MapSlice, of map: FeatureMap) -> UnfinishedGradient {
    UnfinishedGradient(
      gradient: gradient, gradientStride: map.stride, value: gradient, valueStride: map.stride,
      a: Slice(map.deferredShift), b: Slice(map.deferredSlope), mean: Slice(map.statistics.mean))
  }
}
