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
  private(set) var algorithm = ConvolutionAlgorithm.direct
  private(set) var imagesPerTile = 1
  private(set) var rowsPerTile = 1

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

  /// The algorithm of the fewest products; transforms cost something too, so Winograd's must save half of them.
  private func bestAlgorithm(_ choice: ConvolutionChoice) -> ConvolutionAlgorithm {
    guard choice != .direct, kernel == 3, padding == 1, keepsSize, pool == 1 else { return .direct }
    func products(_ side: Int) -> Int {
      (side + 2) * (side + 2) * ((outHeight + side - 1) / side) * ((outWidth + side - 1) / side)
    }
    let side = products(6) < products(4) ? 6 : 4
    return choice == .winograd || 2 * products(side) <= 9 * outHeight * outWidth ? .winograd(side: side) : .direct
  }

  /// About as many squares a tile as fill the registers several times and keep the transformed input in cache; at least
  /// two rows of them, since every tile reads all weights, and in the backward pass adds to all of their gradients.
  private mutating func cutIntoSquares(_ side: Int) {
    let wanted = side == 4 ? 36 : 16
    let across = (outWidth + side - 1) / side
    let down = (outHeight + side - 1) / side
    let bands = max(1, down / max(2, wanted / across))
    rowsPerTile = bands == 1 ? outHeight : (down + bands - 1) / bands * side
    imagesPerTile = bands == 1 ? max(1, wanted / (across * down)) : 1
  }

  /// Tiles are as large as half of a small L2 cache, and small maps share one.
  private mutating func cut() {
    let budget = 64 * 1024  // floats
    let pixelsWanted = 144
    let rowFloats = ((outWidth - 1) * stride.width + kernel.width) * inChannels
    let rowsThatFit = max(1, (budget / rowFloats - kernel.height) / stride.height + 1)
    if rowsThatFit < outHeight {
      let bands = (outHeight + rowsThatFit - 1) / rowsThatFit
      rowsPerTile = (outHeight + bands - 1) / bands
    } else {
      rowsPerTile = outHeight
      let mapFloats = rowFloats * ((outHeight - 1) * stride.height + kernel.height)
      let area = outHeight * outWidth
      imagesPerTile = max(1, min(budget / mapFloats, (pixelsWanted + area - 1) / area))
    }
  }

  /// The tiles of inference: Winograd's squares, as many as keep the transformed input in cache and all threads busy.
  mutating func setSquares(_ side: Int, images: Int, threads: Int) {
    algorithm = .winograd(side: side)
    let wanted = side == 4 ? 36 : 16
    let across = (outWidth + side - 1) / side
    let down = (outHeight + side - 1) / side
    let busy = (threads + images - 1) / images
    let bands = min(down, max(busy, (across * down + wanted - 1) / wanted))
    rowsPerTile = bands == 1 ? outHeight : (down + bands - 1) / bands * side
    imagesPerTile = bands == 1 ? max(1, min(wanted / (across * down), images / threads)) : 1
  }

  /// The tiles of inference by direct convolution: rows, or images where they are small.
  mutating func setRows(images: Int, threads: Int) {
    algorithm = .direct
    let pixelsThatFit = max(28, min(256, 96 * 1024 / inChannels))
    let area = outHeight * outWidth
    let busy = min((threads + images - 1) / images, max(1, area / 56))
    let bands = min(outHeight, max(busy, (area + pixelsThatFit - 1) / pixelsThatFit))
    rowsPerTile = (outHeight + bands - 1) / bands
    imagesPerTile = bands == 1 ? max(1, min(pixelsThatFit / area, images / threads)) : 1
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
