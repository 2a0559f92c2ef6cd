internal import CDenseKernels

extension Kernels {
  func convolutionForward(
    _ shape: ConvolutionShape, output: MapSlice, moments: TileMoments?, input: MapSlice, affine: Affine?,
    weights: Slice, bias: Slice?, rectify: Bool = false, images: Int, tiles: Range<Int>, scratch: Buffer<Float>
  ) {
    let s = shape
    precondition(tiles.upperBound <= s.tileCount(images: images) && scratch.count >= s.scratchCount(backward: false))
    var arguments = dense_conv_forward_args()
    arguments.y = output.pointer(span(images * s.outHeight * s.outWidth, s.outStride, s.outChannels))
    arguments.mean = moments?.mean.pointer(s.tileCount(images: images) * s.outChannels)
    arguments.m2 = moments?.squares.pointer(s.tileCount(images: images) * s.outChannels)
    arguments.x = UnsafeRawPointer(input.pointer(span(images * s.height * s.width, s.inStride, s.inChannels)))
    arguments.scale = optional(affine?.scale, s.inChannels)
    arguments.shift = optional(affine?.shift, s.inChannels)
    arguments.weights = constant(weights, s.packedCount)
    arguments.bias = optional(bias, s.outChannels)
    arguments.rectify = rectify ? 1 : 0
    var c = s.c(output: output.precision)
    precondition(output.precision == input.precision || output.precision == .fp32 && moments == nil)
    table(input.precision).pointee.conv_forward(
      &c, &arguments, Int32(images), Int32(tiles.lowerBound), Int32(tiles.upperBound), scratch.base)
  }

  /// Where the weights of output channel `channel`, the first of a block, lie in those packed for maps of `precision`.
  func packedOffset(channel: Int, _ shape: ConvolutionShape, _ precision: Precision) -> Int {
    let values = channel * shape.inChannels * shape.algorithm.values(taps: shape.kernel.area)
    let arePairs = shape.algorithm == .direct && precision == .bf16 && instructionSet == .avx512bf16
    return arePairs ? values / 2 : values
  }

  /// Where a fused convolution's input gradient goes.
  struct InputGradient {
    let gradient: MapSlice
    let stride: Int
    /// Whether to write the gradient, or to add to what is there.
    let stores: Bool
    /// `[tiles, 2, inChannels]`: Σdz and Σdz·(x − mean).
    let sums: Slice
    let mean: Slice
    let weights: Buffer<Float>
  }

  func convolutionBackward(
    _ shape: ConvolutionShape, inputGradient: InputGradient?, weightGradient: Slice, biasGradient: Slice?,
    outputGradient: UnfinishedGradient, input: MapSlice, affine: Affine?, images: Int,
    tiles: Range<Int>, scratch: Buffer<Float>
  ) {
    let s = shape
    let outputPixels = images * s.outHeight * s.outWidth
    let inputPixels = images * s.height * s.width
    let tileCount = s.tileCount(images: images)
    precondition(tiles.upperBound <= tileCount && scratch.count >= s.scratchCount(backward: true))
    var arguments = dense_conv_backward_args()
    if let target = inputGradient {
      precondition(s.keepsSize && affine != nil && target.weights.count >= s.packedCount)
      arguments.dx = target.gradient.pointer(span(inputPixels, target.stride, s.inChannels))
      arguments.dx_stride = Int32(target.stride)
      arguments.store = target.stores ? 1 : 0
      arguments.sums = target.sums.pointer(tileCount * 2 * s.inChannels)
      arguments.mean = constant(target.mean, s.inChannels)
      arguments.weights = UnsafePointer(target.weights.base)
    }
    arguments.dw = weightGradient.pointer(s.packedCount)
    arguments.db = biasGradient?.pointer(tileCount * s.outChannels)
    let g = outputGradient
    arguments.y = UnsafeRawPointer(g.value.pointer(span(outputPixels, g.valueStride, s.outChannels)))
    arguments.y_stride = Int32(g.valueStride)
    arguments.dy = UnsafeRawPointer(g.gradient.pointer(span(outputPixels, g.gradientStride, s.outChannels)))
    arguments.dy_stride = Int32(g.gradientStride)
    arguments.defer_a = constant(g.a, s.outChannels)
    arguments.defer_b = constant(g.b, s.outChannels)
    arguments.y_mean = constant(g.mean, s.outChannels)
    arguments.x = UnsafeRawPointer(input.pointer(span(inputPixels, s.inStride, s.inChannels)))
    arguments.scale = optional(affine?.scale, s.inChannels)
    arguments.shift = optional(affine?.shift, s.inChannels)
    precondition(g.value.precision == g.gradient.precision)
    precondition(g.value.precision == input.precision || g.value.precision == .fp32)
    precondition(inputGradient == nil || inputGradient!.gradient.precision == input.precision)
    var c = s.c(output: g.value.precision)
    table(input.precision).pointee.conv_backward(
      &c, &arguments, Int32(images), Int32(tiles.lowerBound), Int32(tiles.upperBound), scratch.base)
  }
}

extension ConvolutionShape {
  /// - Parameter output: what the output and its gradient hold.
  func c(output: Precision = .fp32) -> dense_conv_shape {
    dense_conv_shape(
      height: Int32(height), width: Int32(width), in_channels: Int32(inChannels), in_stride: Int32(inStride),
      out_height: Int32(outHeight), out_width: Int32(outWidth), out_channels: Int32(outChannels),
      out_stride: Int32(outStride), kernel_h: Int32(kernel.height), kernel_w: Int32(kernel.width),
      stride_h: Int32(stride.height), stride_w: Int32(stride.width), pad_h: Int32(padding.height),
      pad_w: Int32(padding.width), pool_h: Int32(pool.height), pool_w: Int32(pool.width),
      dilate_h: Int32(dilation.height), dilate_w: Int32(dilation.width), images_per_tile: Int32(imagesPerTile),
      rows_per_tile: Int32(rowsPerTile), winograd: Int32(algorithm.side),
      wide_output: output == .fp32 ? 1 : 0)
  }

  /// Floats of scratch that each thread needs.
  func scratchCount(backward: Bool) -> Int {
    var shape = c()
    return dense_conv_scratch(&shape, backward ? 1 : 0)
  }
}
