/// A convolution's geometry, in padded channels, and its cut into tiles.
///
/// The cut depends on the shape alone: not on the batch, the threads or the machine, so that sums are always made in
/// the same order.
struct ConvolutionShape: Sendable, Equatable {
  var height: Int
  var width: Int
  /// Channels read, and floats from one pixel to the next.
  var inChannels: Int
  var inStride: Int
  private(set) var outHeight: Int
  private(set) var outWidth: Int
  /// Channels written, a multiple of the lanes, and floats from one pixel to the next.
  var outChannels: Int
  var outStride: Int
  var kernel: Extent
  var stride: Extent
  var padding: Extent
  /// Average pooling before the convolution.
  var pool: Extent
  /// Zeros between input pixels: the input gradient of a strided convolution.
  var dilation: Extent
  var algorithm = ConvolutionAlgorithm.direct
  var imagesPerTile = 1
  var rowsPerTile = 1

  /// The output's size follows PyTorch's formula, rounding down, unless given.
  init(
    height: Int, width: Int, inChannels: Int, inStride: Int, outChannels: Int, outStride: Int, kernel: Extent = 1,
    stride: Extent = 1, padding: Extent = 0, pool: Extent = 1, dilation: Extent = 1, output: Extent? = nil,
    choice: ConvolutionChoice = .direct
  ) {
    precondition(outChannels % lanes == 0)
    (self.height, self.width, self.inChannels, self.inStride) = (height, width, inChannels, inStride)
    (self.outChannels, self.outStride) = (outChannels, outStride)
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    (self.pool, self.dilation) = (pool, dilation)
    precondition(
      output != nil
        || height / pool.height + 2 * padding.height >= kernel.height
          && width / pool.width + 2 * padding.width >= kernel.width,
      "a map of \(height)×\(width) pixels is too small for a kernel of \(kernel)")
    outHeight = output?.height ?? (height / pool.height + 2 * padding.height - kernel.height) / stride.height + 1
    outWidth = output?.width ?? (width / pool.width + 2 * padding.width - kernel.width) / stride.width + 1
    algorithm = bestAlgorithm(choice)
    switch algorithm {
    case .direct: cut()
    case .winograd(let side): cutIntoSquares(side)
    }
  }

  /// Whether output and input (after pooling) have one size and stride 1: what the fused backward needs.
  var keepsSize: Bool {
    stride == 1 && dilation == 1 && outHeight == height / pool.height && outWidth == width / pool.width
      && kernel.height == 2 * padding.height + 1 && kernel.width == 2 * padding.width + 1
  }

  var bandsPerImage: Int { (outHeight + rowsPerTile - 1) / rowsPerTile }
  func tileCount(images: Int) -> Int { (images + imagesPerTile - 1) / imagesPerTile * bandsPerImage }

  /// Output pixels in each tile.
  func tilePixels(images: Int) -> [Int32] {
    (0..<tileCount(images: images)).map { tile in
      let first = tile / bandsPerImage * imagesPerTile
      let row = tile % bandsPerImage * rowsPerTile
      return Int32(min(imagesPerTile, images - first) * min(rowsPerTile, outHeight - row) * outWidth)
    }
  }

  /// Floating point operations of one pass, done directly.
  func operations(images: Int) -> Int {
    2 * images * outHeight * outWidth * outChannels * inChannels * kernel.area
  }

  /// Bytes of the channels that are read, and of those that are written.
  func inputBytes(_ images: Int, _ precision: Precision) -> Int {
    images * height * width * inChannels * precision.bytes
  }
  func outputBytes(_ images: Int, _ precision: Precision) -> Int {
    images * outHeight * outWidth * outChannels * precision.bytes
  }

  /// Floats of packed weights.
  var packedCount: Int { outChannels * inChannels * algorithm.values(taps: kernel.area) }
}
