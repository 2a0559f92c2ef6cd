/// Which value of each pooling window was the greatest.
struct Winners {
  let bytes: Bytes
  /// The image with which they begin.
  var firstImage = 0
}

/// The moments of a convolution's output, tile by tile.
struct TileMoments {
  let mean: Slice
  let squares: Slice

  /// In `2 * count` floats of `memory` from `start` on.
  init(in memory: Buffer<Float>, at start: Int, count: Int) {
    mean = Slice(memory, at: start)
    squares = Slice(memory, at: start + count)
  }
}

/// Batch norm and ReLU as the kernels apply them: `max(x * scale + shift, 0)`.
struct Affine {
  let scale: Slice
  let shift: Slice
}

/// The gradient of a map before its consumers' batch norms are settled: `gradient + a + b * (value - mean)`.
struct UnfinishedGradient {
  let gradient: MapSlice
  let gradientStride: Int
  let value: MapSlice
  let valueStride: Int
  let a: Slice
  let b: Slice
  let mean: Slice
}

/// Which values of a map dropout zeroes: a function of the stream and of a value's place alone, so that neither threads
/// nor another computation change it.
struct DropoutMask {
  let rate: Float
  /// Another one for every layer and pass.
  let stream: UInt64
}
