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

extension ConvolutionShape {
  /// Floats of scratch that each thread needs.
  var int8ScratchCount: Int {
    var shape = c()
    return dense_int8_scratch(&shape)
  }
}
