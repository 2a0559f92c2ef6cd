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

/// Bands of rows of the pooled maps of some images, each an item of work for inference.
struct StemBands {
  let count: Int
  /// Of a band, at most.
  let rows: Int
  private let bands: Int
  private let height: Int

  /// - Parameter most: rows of a band.
  init(_ shape: StemShape, images: Int, threads: Int, most: Int = .max) {
    height = shape.pool.outHeight
    let busy = max(1, (Tiling.stemBandsPerThread * threads + images - 1) / images)
    bands = min(height, max(busy, most < height ? (height + most - 1) / most : 1))
    count = images * bands
    rows = (height + bands - 1) / bands
  }

  subscript(item: Int) -> (image: Int, rows: Range<Int>) {
    let (image, band) = (item / bands, item % bands)
    return (image, height * band / bands..<height * (band + 1) / bands)
  }
}
