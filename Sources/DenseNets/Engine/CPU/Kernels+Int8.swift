internal import CDenseKernels

// Maps of bytes.

extension Kernels {
  /// Bytes of a packed weight.
  private var int8WeightBytes: Int { Int(int8.pointee.weight_bytes) }

  func int8PackedCount(_ layout: WeightLayout) -> Int { layout.packedCount * int8WeightBytes }

  /// - Parameter weight: `[out, kernel height, kernel width, in]`.
  func packInt8(_ packed: Buffer<UInt8>, _ weight: [Int8], _ layout: WeightLayout, range: Range<Int>) {
    precondition(
      packed.count >= int8PackedCount(layout) && weight.count == layout.count && range.upperBound <= layout.outChannels)
    var c = layout.c
    int8.pointee.int8_pack(
      packed.base, weight, &c, Int32(range.lowerBound), Int32(range.upperBound))
  }

  /// - Parameters:
  ///   - output: bytes, or fp32.
  ///   - first: the channel of the packed weights, of the factors and of the addends with which the shape's begin; the first
  ///     of a block.
  func convolveInt8(
    _ shape: ConvolutionShape, output: MapSlice, input: MapSlice, norm: ByteNormalization?, weights: Buffer<UInt8>,
    scaling: ChannelScaling, first: Int, images: Int, tiles: Range<Int>, scratch: Buffer<Float>
  ) {
    let s = shape
    precondition(s.algorithm == .direct && s.dilation == 1 && input.precision == .int8 && output.precision != .bf16)
    precondition(tiles.upperBound <= s.tileCount(images: images) && scratch.count >= s.int8ScratchCount)
    let values = s.inChannels * s.kernel.area
    precondition(weights.count >= (first + s.outChannels) * values * int8WeightBytes)
    var arguments = dense_int8_args()
    arguments.y = output.pointer(span(images * s.outHeight * s.outWidth, s.outStride, s.outChannels))
    arguments.x = UnsafePointer(
      input.pointer(span(images * s.height * s.width, s.inStride, s.inChannels)).assumingMemoryBound(to: UInt8.self))
    if let norm {
      precondition(norm.slope.count >= s.inChannels && norm.slope.count % Int(DENSE_INT8_PADDING) == 0)
      (arguments.slope, arguments.offset) = (UnsafePointer(norm.slope.base), UnsafePointer(norm.offset.base))
      arguments.fraction = Int32(norm.fraction)
    }
    arguments.weights = UnsafeRawPointer(weights.base) + first * values * int8WeightBytes
    arguments.factor = constant(Slice(scaling.factor, at: first), s.outChannels)
    arguments.addend = constant(Slice(scaling.addend, at: first), s.outChannels)
    var c = s.c(output: output.precision)
    int8.pointee.int8_convolution(
      &c, &arguments, Int32(images), Int32(tiles.lowerBound), Int32(tiles.upperBound), scratch.base)
  }

  /// Rows of one image's pooled map, from the input `x`, `[N, H, W, C]`.
  /// - Parameters:
  ///   - inputScaling: from numbers to bytes, of each of the input's channels.
  ///   - zeros: the output's bytes of 0.
  func stemInt8(
    _ shape: StemShape, output: MapSlice, input x: [Float], inputScaling: ChannelScaling, weights: Buffer<UInt8>,
    scaling: ChannelScaling, zeros: Buffer<UInt8>, image: Int, rows: Range<Int>, scratch: Buffer<Float>
  ) {
    let (conv, pool) = (shape.convolution, shape.pool)
    precondition(output.precision == .int8 && scratch.count >= shape.int8ScratchCount(rows: rows.count))
    precondition(rows.lowerBound >= 0 && rows.upperBound <= pool.outHeight && zeros.count >= conv.outChannels)
    let row = (conv.kernel.width * conv.inChannels + 3) / 4 * 4
    precondition(weights.count >= conv.outChannels * conv.kernel.height * row * int8WeightBytes)
    precondition(x.count >= (image + 1) * conv.height * conv.width * conv.inChannels)
    var arguments = dense_int8_stem_args()
    arguments.y = output.pointer(span((image + 1) * pool.outHeight * pool.outWidth, pool.outStride, pool.channels))
      .assumingMemoryBound(to: UInt8.self)
    arguments.unit = constant(Slice(inputScaling.factor), conv.inChannels)
    arguments.zero = constant(Slice(inputScaling.addend), conv.inChannels)
    arguments.weights = UnsafeRawPointer(weights.base)
    arguments.factor = constant(Slice(scaling.factor), conv.outChannels)
    arguments.addend = constant(Slice(scaling.addend), conv.outChannels)
    arguments.least = UnsafePointer(zeros.base)
    var c = shape.c
    x.withUnsafeBufferPointer {
      arguments.x = $0.baseAddress
      int8.pointee.int8_stem(
        &c, &arguments, Int32(image), Int32(rows.lowerBound), Int32(rows.upperBound), scratch.base)
    }
  }

  /// map = round(values · factor + addend), from 0 to 255.
  func storeInt8(
    _ map: MapSlice, stride: Int, from values: MapSlice, valueStride: Int, scaling: ChannelScaling, channels: Int,
    pixels: Range<Int>
  ) {
    precondition(map.precision == .int8)
    let source = values.floats(span(pixels.upperBound, valueStride, channels)) + pixels.lowerBound * valueStride
    int8.pointee.int8_store_map(
      pixel(map, stride, channels, pixels).assumingMemoryBound(to: UInt8.self), source,
      constant(Slice(scaling.factor), channels), constant(Slice(scaling.addend), channels), Int32(stride),
      Int32(valueStride), Int32(channels), pixels.count)
  }

  /// values = map · factor + addend.
  func readInt8(
    _ map: MapSlice, stride: Int, into values: MapSlice, valueStride: Int, scaling: ChannelScaling, channels: Int,
    pixels: Range<Int>
  ) {
    precondition(map.precision == .int8)
    let target = values.floats(span(pixels.upperBound, valueStride, channels)) + pixels.lowerBound * valueStride
    int8.pointee.int8_read_map(
      target, pixel(map, stride, channels, pixels).assumingMemoryBound(to: UInt8.self),
      constant(Slice(scaling.factor), channels), constant(Slice(scaling.addend), channels), Int32(valueStride),
      Int32(stride), Int32(channels), pixels.count)
  }
}

extension StemShape {
  /// Floats of scratch that each thread needs for so many pooled rows.
  func int8ScratchCount(rows: Int) -> Int {
    var shape = c
    return dense_int8_stem_scratch(&shape, Int32(rows))
  }
}

extension ConvolutionShape {
  /// Floats of scratch that each thread needs.
  var int8ScratchCount: Int {
    var shape = c()
    return dense_int8_scratch(&shape)
  }
}
