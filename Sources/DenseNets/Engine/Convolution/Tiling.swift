/// The numbers by which work is cut into pieces, each with its unit and its reason. What fits into registers is the
/// kernels' own affair.
enum Tiling {
  // MARK: Training, where cuts depend on shapes alone, so that sums are always made in the same order

  /// Floats of input per tile of a direct convolution: as large as half of a small L2 cache.
  static let inputFloats = 64 * 1024
  /// Output pixels per tile where several small maps share one.
  static let sharedPixels = 144
  /// Winograd squares per tile: as many as fill the registers several times and keep the transformed input in cache.
  static func squares(side: Int) -> Int { side == 4 ? 36 : 16 }
  /// Rows of squares per tile, at least: every tile reads all weights, and in the backward pass adds to all of their
  /// gradients.
  static let squareRows = 2
  /// Partial weight gradients per convolution: many enough for many threads, few enough for memory; between these two,
  /// as many as ``partialFloats`` hold.
  static let partialGradients = 8...16
  /// The same for the stem, whose partial sums are of images.
  static let stemPartialSums = 4...32
  /// Floats of partial sums that a pass borrows.
  static let partialFloats = 1 << 20

  // MARK: Calls and threads, which change no result

  /// Calls per thread in a forward pass: kernels prefetch the next tile of a call, and threads still get equal shares.
  static let callsPerThread = 8
  /// Parameters that one item of work updates.
  static let updatedParameters = 1 << 15
  /// Channels whose weights one item of work packs.
  static let packedChannels = 16

  // MARK: Inference, where no result depends on the cut, which may follow images and threads

  /// Floats of input per tile of a direct convolution, and the output pixels of a tile: enough to use each weight often.
  static let inferenceFloats = 96 * 1024
  static let inferencePixels = 28...256
  /// Output pixels per thread below which more threads do not pay.
  static let pixelsPerThread = 56
  /// Pixels per group of images, those of a map of 56×56: a bottleneck's map stays in cache between the convolution that
  /// writes it and the one that reads it.
  static let groupPixels = 3136
  /// Bands of rows per thread in the stem, so that threads finish together.
  static let stemBandsPerThread = 4
  /// Rows of a band of a stem of bytes: its convolution's output stays in cache until it is pooled.
  static let stemRows = 8
  /// Output channels whose packed weights lie together: the kernels' group.
  static let channelGroup = 32
}

extension ConvolutionShape {
  /// The algorithm of the fewest products; transforms cost something too, so Winograd's must save half of them.
  func bestAlgorithm(_ choice: ConvolutionChoice) -> ConvolutionAlgorithm {
    guard choice != .direct, kernel == 3, padding == 1, keepsSize, pool == 1 else { return .direct }
    func products(_ side: Int) -> Int {
      (side + 2) * (side + 2) * ((outHeight + side - 1) / side) * ((outWidth + side - 1) / side)
    }
    let side = products(6) < products(4) ? 6 : 4
    return choice == .winograd || 2 * products(side) <= 9 * outHeight * outWidth ? .winograd(side: side) : .direct
  }

  /// Tiles of about ``Tiling/squares(side:)``, in whole rows of squares.
  mutating func cutIntoSquares(_ side: Int) {
    let wanted = Tiling.squares(side: side)
    let across = (outWidth + side - 1) / side
    let down = (outHeight + side - 1) / side
    let bands = max(1, down / max(Tiling.squareRows, wanted / across))
    rowsPerTile = bands == 1 ? outHeight : (down + bands - 1) / bands * side
    imagesPerTile = bands == 1 ? max(1, wanted / (across * down)) : 1
  }

  /// Tiles are as large as half of a small L2 cache, and small maps share one.
  mutating func cut() {
    let budget = Tiling.inputFloats
    let rowFloats = ((outWidth - 1) * stride.width + kernel.width) * inChannels
    let rowsThatFit = max(1, (budget / rowFloats - kernel.height) / stride.height + 1)
    if rowsThatFit < outHeight {
      let bands = (outHeight + rowsThatFit - 1) / rowsThatFit
      rowsPerTile = (outHeight + bands - 1) / bands
    } else {
      rowsPerTile = outHeight
      let mapFloats = rowFloats * ((outHeight - 1) * stride.height + kernel.height)
      let area = outHeight * outWidth
      imagesPerTile = max(1, min(budget / mapFloats, (Tiling.sharedPixels + area - 1) / area))
    }
  }

  /// The tiles of inference: Winograd's squares, as many as keep the transformed input in cache and all threads busy.
  mutating func setSquares(_ side: Int, images: Int, threads: Int) {
    algorithm = .winograd(side: side)
    let wanted = Tiling.squares(side: side)
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
    let limits = Tiling.inferencePixels
    let pixelsThatFit = max(limits.lowerBound, min(limits.upperBound, Tiling.inferenceFloats / inChannels))
    let area = outHeight * outWidth
    let busy = min((threads + images - 1) / images, max(1, area / Tiling.pixelsPerThread))
    let bands = min(outHeight, max(busy, (area + pixelsThatFit - 1) / pixelsThatFit))
    rowsPerTile = (outHeight + bands - 1) / bands
    imagesPerTile = bands == 1 ? max(1, min(pixelsThatFit / area, images / threads)) : 1
  }
}
