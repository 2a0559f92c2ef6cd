// What is done to whole maps, image by image, on all threads.

extension Device {
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
}
