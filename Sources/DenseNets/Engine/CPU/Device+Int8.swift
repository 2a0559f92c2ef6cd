// Maps of bytes, on all threads.

extension Device {
  /// output = convolution(prologue(input)) · factor + addend, with the output channels in `splits` parts, each an item of
  /// work for each tile.
  func convolveInt8(
    _ shape: ConvolutionShape, splits: Int, input: MapSlice, norm: ByteNormalization?, weights: Buffer<UInt8>,
    scaling: ChannelScaling, output: MapSlice, images: Int
  ) {
    runParts(shape, splits: splits, images: images, scratch: shape.int8ScratchCount) { part, first, tile, scratch in
      kernels.convolveInt8(
        part, output: MapSlice(memory: output.memory, offset: output.offset + first), input: input, norm: norm,
        weights: weights, scaling: scaling, first: first, images: images, tiles: tile..<tile + 1, scratch: scratch)
    }
  }

  /// A stem that pools, of bytes, in bands of rows.
  func stemInt8(
    _ shape: StemShape, output: MapSlice, input x: [Float], inputScaling: ChannelScaling, weights: Buffer<UInt8>,
    scaling: ChannelScaling, zeros: Buffer<UInt8>, bands: StemBands
  ) {
    run(bands.count, scratch: shape.int8ScratchCount(rows: bands.rows)) { item, scratch in
      let (image, rows) = bands[item]
      kernels.stemInt8(
        shape, output: output, input: x, inputScaling: inputScaling, weights: weights, scaling: scaling, zeros: zeros,
        image: image, rows: rows, scratch: scratch)
    }
  }

  /// Weights `[out, kernel height, kernel width, in]` in the order of the kernels.
  func packedInt8(_ weight: [Int8], _ layout: WeightLayout) -> Buffer<UInt8> {
    let packed = Buffer<UInt8>(kernels.int8PackedCount(layout))
    kernels.packInt8(packed, weight, layout, range: 0..<layout.outChannels)
    return packed
  }

  /// Into a map of bytes, from one of fp32: images of `area` pixels.
  func storeInt8(
    _ values: MapSlice, valueStride: Int, to map: MapSlice, stride: Int, scaling: ChannelScaling, channels: Int,
    area: Int, images: Int
  ) {
    run(images) { image, _ in
      kernels.storeInt8(
        map, stride: stride, from: values, valueStride: valueStride, scaling: scaling, channels: channels,
        pixels: image * area..<(image + 1) * area)
    }
  }

  /// And out of one.
  func readInt8(
    _ map: MapSlice, stride: Int, to values: MapSlice, valueStride: Int, scaling: ChannelScaling, channels: Int,
    area: Int, images: Int
  ) {
    run(images) { image, _ in
      kernels.readInt8(
        map, stride: stride, into: values, valueStride: valueStride, scaling: scaling, channels: channels,
        pixels: image * area..<(image + 1) * area)
    }
  }
}
