internal import CDenseKernels

extension Kernels {
  // MARK: Pools

  func maxPoolForward(
    _ shape: PoolShape, output: MapSlice, argmax: Bytes?, input: MapSlice, images: Range<Int>
  ) {
    let s = shape
    var c = s.c
    precondition(output.precision == input.precision)
    table(input.precision).pointee.max_pool_forward(
      output.pointer(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)),
      argmax?.pointer(images.upperBound * s.outHeight * s.outWidth * s.channels),
      input.pointer(span(images.upperBound * s.height * s.width, s.inStride, s.channels)), &c, Int32(images.lowerBound),
      Int32(images.upperBound))
  }

  func maxPoolBackward(
    _ shape: PoolShape, inputGradient: MapSlice, outputGradient: MapSlice, argmax: Bytes, images: Range<Int>
  ) {
    let s = shape
    var c = s.c
    precondition(inputGradient.precision == outputGradient.precision)
    table(inputGradient.precision).pointee.max_pool_backward(
      inputGradient.pointer(images.upperBound * s.height * s.width * s.inStride),
      outputGradient.pointer(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)),
      argmax.pointer(images.upperBound * s.outHeight * s.outWidth * s.channels), &c, Int32(images.lowerBound),
      Int32(images.upperBound))
  }

  func averagePoolForward(_ shape: PoolShape, output: MapSlice, input: MapSlice, images: Range<Int>) {
    let s = shape
    var c = s.c
    table.pointee.avg_pool_forward(
      output.floats(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)),
      input.floats(span(images.upperBound * s.height * s.width, s.inStride, s.channels)), &c,
      Int32(images.lowerBound), Int32(images.upperBound))
  }

  func averagePoolBackward(_ shape: PoolShape, inputGradient: MapSlice, outputGradient: MapSlice, images: Range<Int>) {
    let s = shape
    var c = s.c
    table.pointee.avg_pool_backward(
      inputGradient.floats(images.upperBound * s.height * s.width * s.inStride),
      outputGradient.floats(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)), &c,
      Int32(images.lowerBound), Int32(images.upperBound))
  }

  // MARK: Normalisation

  /// The moments of image `image` of a map, of `area` pixels, into row `image` of `moments`.
  func moments(_ moments: TileMoments, image tile: Int, of x: MapSlice, stride: Int, channels: Int, area: Extent) {
    let pixels = tile * area.area..<(tile + 1) * area.area
    table(x.precision).pointee.moments(
      moments.mean.pointer((tile + 1) * channels) + tile * channels,
      moments.squares.pointer((tile + 1) * channels) + tile * channels,
      pixel(x, stride, channels, pixels), Int32(stride), Int32(channels), Int32(area.height), Int32(area.width))
  }

  /// `y = x * scale + shift`.
  func affine(y: MapSlice, x: MapSlice, _ affine: Affine, stride: Int, channels: Int, pixels: Range<Int>) {
    table(x.precision).pointee.affine(
      pixel(y, stride, channels, pixels), pixel(x, stride, channels, pixels), constant(affine.scale, channels),
      constant(affine.shift, channels), Int32(stride), Int32(channels), pixels.count)
  }

  /// Row `image` of `sums` = Σdy and Σdy·(x − mean) of an image of `area` pixels.
  func normSums(
    _ sums: Buffer<Float>, image tile: Int, dy: MapSlice, x: MapSlice, mean: Slice, stride: Int, channels: Int,
    area: Extent
  ) {
    let pixels = tile * area.area..<(tile + 1) * area.area
    table(x.precision).pointee.norm_sums(
      sums.pointer(tile * 2 * channels..<(tile + 1) * 2 * channels), pixel(dy, stride, channels, pixels),
      pixel(x, stride, channels, pixels), constant(mean, channels), Int32(stride), Int32(channels), Int32(area.height),
      Int32(area.width))
  }

  /// `dx = scale * dy + a + b * (x - mean)`.
  func normBackward(
    dx: MapSlice, dy: MapSlice, x: MapSlice, mean: Slice, scale: Slice, a: Slice, b: Slice, stride: Int, channels: Int,
    pixels: Range<Int>
  ) {
    table(x.precision).pointee.norm_backward(
      pixel(dx, stride, channels, pixels), pixel(dy, stride, channels, pixels), pixel(x, stride, channels, pixels),
      constant(mean, channels), constant(scale, channels), constant(a, channels), constant(b, channels), Int32(stride),
      Int32(channels), pixels.count)
  }

  /// Drops values of these pixels of a map, in place.
  /// - Parameter position: of the first of them in the batch.
  func drop(_ x: MapSlice, stride: Int, channels: Int, pixels: Range<Int>, position: Int, _ mask: DropoutMask) {
    var c = dense_dropout(
      seed: (UInt32(truncatingIfNeeded: mask.stream), UInt32(truncatingIfNeeded: mask.stream >> 32)),
      threshold: UInt32(min(Double(mask.rate) * 0x1p32, 0x1p32 - 1)), scale: 1 / (1 - mask.rate),
      first_pixel: position)
    table(x.precision).pointee.drop(
      pixel(x, stride, channels, pixels), Int32(stride), Int32(channels), pixels.count, &c)
  }

  // MARK: Values in and out

  /// Writes `pixels` pixels of `channels` values, `stride` apart and from `first` on, into a map, padded with zeros.
  func load(
    _ values: [Float], from first: Int, stride: Int, channels: Int, into map: MapSlice, stride mapStride: Int,
    pixels: Int
  ) {
    guard channels > 0, pixels > 0 else { return }
    precondition(first >= 0 && first + span(pixels, stride, channels) <= values.count)
    values.withUnsafeBufferPointer {
      table(map.precision).pointee.load_map(
        map.pointer(span(pixels, mapStride, padded(channels))), Int32(mapStride), $0.baseAddress! + first,
        Int32(stride), Int32(channels), pixels)
    }
  }

  /// Reads them back.
  func read(
    _ map: MapSlice, stride mapStride: Int, channels: Int, pixels: Int, into values: inout [Float], at first: Int,
    stride: Int
  ) {
    guard channels > 0, pixels > 0 else { return }
    precondition(first >= 0 && first + span(pixels, stride, channels) <= values.count)
    values.withUnsafeMutableBufferPointer {
      table(map.precision).pointee.read_map(
        $0.baseAddress! + first, Int32(stride), map.pointer(span(pixels, mapStride, padded(channels))),
        Int32(mapStride), Int32(channels), pixels)
    }
  }
}

extension PoolShape {
  var c: dense_pool_shape {
    dense_pool_shape(
      height: Int32(height), width: Int32(width), channels: Int32(channels), x_stride: Int32(inStride),
      out_height: Int32(outHeight), out_width: Int32(outWidth), y_stride: Int32(outStride), kernel: Int32(kernel),
      stride: Int32(stride), pad: Int32(padding))
  }
}
