/// A network's first layers: a convolution of raw input, whose output (normalised, rectified) a max pool reads.
struct StemShape: Sendable {
  let convolution: ConvolutionShape
  let pool: PoolShape

  /// - Parameter outStride: values from one pooled pixel to the next.
  init(_ convolution: ConvolutionShape, pool: PoolWindow, outStride: Int) {
    self.convolution = convolution
    self.pool = PoolShape(
      height: convolution.outHeight, width: convolution.outWidth, channels: convolution.outChannels,
      inStride: convolution.outChannels, outStride: outStride, kernel: pool.kernel, stride: pool.stride,
      padding: pool.padding)
  }

  /// Values of a window of the convolution.
  var windowCount: Int { convolution.kernel.area * convolution.inChannels }
  /// Second moments that are kept: of each value with those of the rows from its own on.
  var productCount: Int { convolution.kernel.height * windowCount * lags }
  /// Values of the pooled map of one image.
  var pooledCount: Int { pool.pooledCount }
}
