/// A pool's geometry over a padded map; the output's size rounds down.
struct PoolShape: Sendable, Equatable {
  let height: Int
  let width: Int
  let channels: Int
  let inStride: Int
  let outHeight: Int
  let outWidth: Int
  let outStride: Int
  let kernel: Int
  let stride: Int
  let padding: Int

  init(height: Int, width: Int, channels: Int, inStride: Int, outStride: Int, kernel: Int, stride: Int, padding: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.inStride, self.outStride) = (inStride, outStride)
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    outHeight = (height + 2 * padding - kernel) / stride + 1
    outWidth = (width + 2 * padding - kernel) / stride + 1
    precondition(
      height + 2 * padding >= kernel && width + 2 * padding >= kernel,
      "the map of \(height) x \(width) is too small for a pool of \(kernel)")
  }
}

extension PoolShape {
  /// Of a transition: windows of 2×2 side by side, over padded channels.
  static func halving(_ size: Extent, channels: Int, outStride: Int) -> PoolShape {
    PoolShape(
      height: size.height, width: size.width, channels: channels, inStride: channels, outStride: outStride, kernel: 2,
      stride: 2, padding: 0)
  }

  /// Values of the pooled map of one image.
  var pooledCount: Int { outHeight * outWidth * channels }
}

/// The side of a pool's windows, the step from one to the next, and the padding around the map.
struct PoolWindow: Sendable {
  let kernel: Int
  let stride: Int
  let padding: Int
}
