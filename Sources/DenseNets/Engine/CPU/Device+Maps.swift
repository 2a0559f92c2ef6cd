// What is done to whole maps, image by image, on all threads.

extension Device {
  // MARK: Pools

  /// The greatest value of each window.
  /// - Parameter winners: gets which value of each window it was.
  func maxPool(_ shape: PoolShape, of input: MapSlice, to output: MapSlice, winners: Bytes?, images: Int) {
    run(images) { image, _ in
      kernels.maxPoolForward(shape, output: output, argmax: winners, input: input, images: image..<image + 1)
    }
  }

  func maxPoolGradient(
    _ shape: PoolShape, of outputGradient: MapSlice, winners: Bytes, to inputGradient: MapSlice, images: Int
  ) {
    run(images) { image, _ in
      kernels.maxPoolBackward(
        shape, inputGradient: inputGradient, outputGradient: outputGradient, argmax: winners, images: image..<image + 1)
    }
  }

  /// The mean of each window, of fp32.
  func averagePool(_ shape: PoolShape, of input: MapSlice, to output: MapSlice, images: Int) {
    run(images) { image, _ in
      kernels.averagePoolForward(shape, output: output, input: input, images: image..<image + 1)
    }
  }

  func averagePoolGradient(
    _ shape: PoolShape, of outputGradient: MapSlice, to inputGradient: MapSlice, images: Int
  ) {
    run(images) { image, _ in
      kernels.averagePoolBackward(
        shape, inputGradient: inputGradient, outputGradient: outputGradient, images: image..<image + 1)
    }
  }

  // MARK: Normalisation and dropout

  /// The moments of each image of a map.
  func measure(_ moments: TileMoments, of x: MapSlice, stride: Int, channels: Int, area: Extent, images: Int) {
    run(images) { image, _ in
      kernels.moments(moments, image: image, of: x, stride: stride, channels: channels, area: area)
    }
  }

  /// The moments of several maps.
  func measure(
    _ maps: [(moments: TileMoments, map: MapSlice, stride: Int, area: Extent)], channels: Int
  ) {
    run(maps.count) { index, _ in
      let (moments, map, stride, area) = maps[index]
      kernels.moments(moments, image: 0, of: map, stride: stride, channels: channels, area: area)
    }
  }

  /// `y = x * scale + shift`, for images of `area` pixels.
  func transform(
    _ x: MapSlice, to y: MapSlice, by affine: Affine, stride: Int, channels: Int, area: Int, images: Int
  ) {
    run(images) { image, _ in
      kernels.affine(
        y: y, x: x, affine, stride: stride, channels: channels, pixels: image * area..<(image + 1) * area)
    }
  }

  /// Σdy and Σdy·(x − mean), in a row of `sums` for each image.
  func normalizationSums(
    _ sums: Buffer<Float>, gradient dy: MapSlice, of x: MapSlice, mean: Slice, stride: Int, channels: Int, area: Extent,
    images: Int
  ) {
    run(images) { image, _ in
      kernels.normSums(
        sums, image: image, dy: dy, x: x, mean: mean, stride: stride, channels: channels, area: area)
    }
  }

  /// `dx = scale * dy + a + b * (x - mean)`, for images of `area` pixels.
  func normalizationGradient(
    _ dx: MapSlice, of dy: MapSlice, input x: MapSlice, mean: Slice, scale: Slice, a: Slice, b: Slice, stride: Int,
    channels: Int, area: Int, images: Int
  ) {
    run(images) { image, _ in
      kernels.normBackward(
        dx: dx, dy: dy, x: x, mean: mean, scale: scale, a: a, b: b, stride: stride, channels: channels,
        pixels: image * area..<(image + 1) * area)
    }
  }

  /// Drops values of images of `area` pixels, in place.
  func drop(_ x: MapSlice, stride: Int, channels: Int, area: Int, images: Int, _ mask: DropoutMask) {
    run(images) { image, _ in
      kernels.drop(
        x, stride: stride, channels: channels, pixels: image * area..<(image + 1) * area,
        position: (mask.firstImage + image) * area, mask)
    }
  }

  // MARK: Values in and out

  /// Writes `pixels` pixels of `channels` values, `stride` apart and from `first` on, into a map, padded with zeros.
  func load(
    _ values: [Float], from first: Int = 0, stride: Int, channels: Int, into map: MapSlice, stride mapStride: Int,
    pixels: Int
  ) {
    kernels.load(
      values, from: first, stride: stride, channels: channels, into: map, stride: mapStride, pixels: pixels)
  }

  /// Reads them back.
  func read(
    _ map: MapSlice, stride mapStride: Int, channels: Int, pixels: Int, into values: inout [Float], at first: Int = 0,
    stride: Int
  ) {
    kernels.read(
      map, stride: mapStride, channels: channels, pixels: pixels, into: &values, at: first, stride: stride)
  }
}
