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

/// The moments of tiles of `pixels` pixels, each tile's `stride` floats after the one's before.
struct TileRows {
  let moments: TileMoments
  let pixels: [Int32]
  let stride: Int
}

/// Batch norm and ReLU as the kernels apply them: `max(x * scale + shift, 0)`.
struct Affine {
  let scale: Slice
  let shift: Slice
}

/// The parts of an SGD step that the kernel needs.
struct SGDKernelOptions {
  var learningRate: Float
  var momentum: Float
  var dampening: Float
  var weightDecay: Float
  var nesterov: Bool
  var isFirst: Bool
}

/// The parts of an Adam step that the kernel needs.
struct AdamKernelOptions {
  /// The learning rate over 1 − β₁ᵗ.
  var stepSize: Float
  var newMean: Float
  var keptSquare: Float
  var newSquare: Float
  /// √(1 − β₂ᵗ).
  var squareScale: Float
  var epsilon: Float
  /// Added to the gradient, in units of the weight.
  var weightDecay: Float
  /// What the weight is multiplied with.
  var shrink: Float
}

/// What kernels multiply by and add, channel by channel, on the way into a map of bytes or out of it.
struct ChannelScaling: Sendable {
  let factor: Buffer<Float>
  let addend: Buffer<Float>

  /// Of `count` padded channels; where `positions` say nothing, both are 0.
  init(_ values: [(factor: Float, addend: Float)], at positions: [Int]? = nil, count: Int) {
    (factor, addend) = (Buffer(count), Buffer(count))
    for (index, value) in values.enumerated() {
      let position = positions?[index] ?? index
      (factor[position], addend[position]) = value
    }
  }
}
