// Convolutions over all images, cut into tiles, on all threads.

extension Device {
  /// output = convolution(prologue(input)) + bias.
  /// - Parameter moments: gets those of the output, tile by tile.
  func convolve(
    _ shape: ConvolutionShape, input: MapSlice, affine: Affine?, weights: Slice, bias: Slice?, output: MapSlice,
    moments: TileMoments? = nil, images: Int
  ) {
    let tiles = shape.tileCount(images: images)
    // Kernels prefetch the next tile of a call.
    let calls = min(tiles, Tiling.callsPerThread * threads)
    run(calls, scratch: shape.scratchCount(backward: false)) { call, scratch in
      kernels.convolutionForward(
        shape, output: output, moments: moments, input: input, affine: affine, weights: weights, bias: bias,
        images: images, tiles: tiles * call / calls..<tiles * (call + 1) / calls, scratch: scratch)
    }
  }

  /// The same for inference, with the output channels in `splits` parts, each an item of work for each tile.
  func convolve(
    _ shape: ConvolutionShape, splits: Int, input: MapSlice, affine: Affine?, weights: Buffer<Float>,
    bias: Buffer<Float>?, rectify: Bool, output: MapSlice, images: Int
  ) {
    runParts(shape, splits: splits, images: images, scratch: shape.scratchCount(backward: false)) {
      part, first, tile, scratch in
      kernels.convolutionForward(
        part, output: MapSlice(memory: output.memory, offset: output.offset + first), moments: nil, input: input,
        affine: affine, weights: Slice(weights, at: kernels.packedOffset(channel: first, shape, input.precision)),
        bias: bias.map { Slice($0, at: first) }, rectify: rectify, images: images, tiles: tile..<tile + 1,
        scratch: scratch)
    }
  }

  /// Calls `body` for every tile of the output and each of `splits` parts of its channels: with the part's shape, its first
  /// channel, the tile and scratch.
  func runParts(
    _ shape: ConvolutionShape, splits: Int, images: Int, scratch: Int,
    _ body: (ConvolutionShape, Int, Int, Buffer<Float>) -> Void
  ) {
    let group = Tiling.channelGroup
    let groups = (shape.outChannels + group - 1) / group
    run(shape.tileCount(images: images) * splits, scratch: scratch) { item, scratch in
      let (tile, split) = (item / splits, item % splits)
      let first = groups * split / splits * group
      var part = shape
      part.outChannels = min(groups * (split + 1) / splits * group, shape.outChannels) - first
      body(part, first, tile, scratch)
    }
  }

  /// The gradients of weights, bias and, with a target, of the input: one pass.
  /// - Parameters:
  ///   - weightGradients: packed, `stride` floats apart, one for each of `chunks` chunks of tiles, so that sums do not
  ///     depend on threads.
  ///   - biasGradients: `[tiles, outChannels]`.
  func convolveBackward(
    _ shape: ConvolutionShape, inputGradient: Kernels.InputGradient?, weightGradients: Slice, stride: Int, chunks: Int,
    biasGradients: Slice?, outputGradient: UnfinishedGradient, input: MapSlice, affine: Affine?, images: Int
  ) {
    let tiles = shape.tileCount(images: images)
    run(chunks, scratch: shape.scratchCount(backward: true)) { chunk, scratch in
      let own = Slice(weightGradients.buffer, at: weightGradients.offset + chunk * stride)
      own.buffer.clear(own.offset..<own.offset + stride)
      kernels.convolutionBackward(
        shape, inputGradient: inputGradient, weightGradient: own, biasGradient: biasGradients,
        outputGradient: outputGradient, input: input, affine: affine, images: images,
        tiles: tiles * chunk / chunks..<tiles * (chunk + 1) / chunks, scratch: scratch)
    }
  }

  /// Weights (storage order) in the order of the kernels that read maps of `precision`, or `transposed`, gradients; padded
  /// lanes are zero.
  func pack(
    _ weight: [Float], into packed: Buffer<Float>, _ layout: WeightLayout, transposed: Bool, _ precision: Precision
  ) {
    if layout.isPadded { packed.clear(0..<layout.packedCount) }
    let step = Tiling.packedChannels
    run((layout.outChannels + step - 1) / step) { item, _ in
      kernels.pack(
        packed, weight, layout, transposed: transposed, precision,
        range: item * step..<min((item + 1) * step, layout.outChannels))
    }
  }

  /// The sum of `chunks` packed gradients, in the storage order of the weight.
  func unpack(_ gradient: inout [Float], _ packed: Slice, chunks: Int, _ layout: WeightLayout) {
    kernels.unpack(&gradient, packed, chunks: chunks, layout, device: self)
  }
}
