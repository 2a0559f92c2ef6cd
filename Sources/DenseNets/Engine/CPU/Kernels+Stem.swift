internal import CDenseKernels

extension Kernels {
  /// Pools `images` into `output` from the input `x`, `[N, H, W, C]`.
  /// - Parameters:
  ///   - affine: the batch norm's, with the convolution's bias in the shift.
  ///   - winners: `[N, pooled height, pooled width, channels]`.
  ///   - rows: of the pooled map; nil: all. Moments are wanted of whole images only.
  func stemForward(
    _ shape: StemShape, output: MapSlice, winners: Winners?, moments: TileMoments?,
    input x: [Float], affine: Affine, weights: Buffer<Float>, images: Range<Int>, rows: Range<Int>? = nil,
    scratch: Buffer<Float>
  ) {
    let (conv, pool) = (shape.convolution, shape.pool)
    precondition(weights.count >= conv.packedCount && scratch.count >= shape.scratchCount)
    precondition(x.count >= images.upperBound * conv.height * conv.width * conv.inChannels)
    let rows = rows ?? 0..<pool.outHeight
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= pool.outHeight && (moments == nil || rows.count == pool.outHeight))
    var arguments = dense_stem_forward_args()
    (arguments.row_begin, arguments.row_end) = (Int32(rows.lowerBound), Int32(rows.upperBound))
    arguments.y = output.pointer(
      span(images.upperBound * pool.outHeight * pool.outWidth, pool.outStride, pool.channels))
    if let winners {
      arguments.argmax = winners.bytes.pointer((images.upperBound - winners.firstImage) * shape.pooledCount)
      arguments.argmax_image = Int32(winners.firstImage)
    }
    arguments.mean = moments?.mean.pointer(images.upperBound * pool.channels)
    arguments.m2 = moments?.squares.pointer(images.upperBound * pool.channels)
    arguments.scale = constant(affine.scale, pool.channels)
    arguments.shift = constant(affine.shift, pool.channels)
    arguments.weights = UnsafePointer(weights.base)
    var c = shape.c
    x.withUnsafeBufferPointer {
      arguments.x = $0.baseAddress
      table(output.precision).pointee.stem_forward(
        &c, &arguments, Int32(images.lowerBound), Int32(images.upperBound), scratch.base)
    }
  }

  /// Adds the sums of these images to `products`, `[channels, taps]`, and `sums`, `[channels]`.
  func stemBackward(
    _ shape: StemShape, products: Slice, sums: Slice, gradient g: UnfinishedGradient, winners: Winners,
    input x: [Float], center: Buffer<Float>, images: Range<Int>, scratch: Buffer<Float>
  ) {
    let (conv, pool) = (shape.convolution, shape.pool)
    precondition(scratch.count >= shape.scratchCount && g.valueStride == pool.outStride)
    precondition(x.count >= images.upperBound * conv.height * conv.width * conv.inChannels)
    let pixels = images.upperBound * pool.outHeight * pool.outWidth
    var arguments = dense_stem_backward_args()
    arguments.products = products.pointer(pool.channels * shape.taps)
    arguments.sums = sums.pointer(pool.channels)
    arguments.y = UnsafeRawPointer(g.value.pointer(span(pixels, g.valueStride, pool.channels)))
    arguments.dy = UnsafeRawPointer(g.gradient.pointer(span(pixels, g.gradientStride, pool.channels)))
    arguments.dy_stride = Int32(g.gradientStride)
    arguments.defer_a = constant(g.a, pool.channels)
    arguments.defer_b = constant(g.b, pool.channels)
    arguments.y_mean = constant(g.mean, pool.channels)
    arguments.argmax = UnsafePointer(
      winners.bytes.pointer((images.upperBound - winners.firstImage) * shape.pooledCount))
    arguments.argmax_image = Int32(winners.firstImage)
    arguments.center = UnsafePointer(center.pointer(0..<conv.inChannels))
    var c = shape.c
    x.withUnsafeBufferPointer {
      arguments.x = $0.baseAddress
      table(g.value.precision).pointee.stem_backward(
        &c, &arguments, Int32(images.lowerBound), Int32(images.upperBound), scratch.base)
    }
  }

  /// Adds the moments of these images' windows to `sums`, `[windowCount]`, and `products`, `[productCount]`.
  func stemMoments(
    _ shape: StemShape, sums: Slice, products: Slice, input x: [Float], center: Buffer<Float>, images: Range<Int>,
    scratch: Buffer<Float>
  ) {
    let conv = shape.convolution
    precondition(scratch.count >= shape.scratchCount)
    precondition(x.count >= images.upperBound * conv.height * conv.width * conv.inChannels)
    var c = shape.c
    x.withUnsafeBufferPointer {
      table.pointee.stem_moments(
        sums.pointer(shape.windowCount), products.pointer(shape.productCount), $0.baseAddress,
        center.pointer(0..<conv.inChannels), &c.conv, Int32(images.lowerBound), Int32(images.upperBound), scratch.base)
    }
  }
}

extension StemShape {
  var c: dense_stem_shape { dense_stem_shape(conv: convolution.c(), pool: pool.c) }

  /// Floats of scratch that each thread needs.
  var scratchCount: Int {
    var shape = c
    return dense_stem_scratch(&shape)
  }

  /// Of each channel of the weight gradient: blocks of 8 kernel rows by 8 values.
  var taps: Int {
    var shape = convolution.c()
    return Int(dense_stem_taps(&shape))
  }

  /// Of each window value in the second moments.
  var lags: Int {
    var shape = convolution.c()
    return Int(dense_stem_lags(&shape))
  }
}
