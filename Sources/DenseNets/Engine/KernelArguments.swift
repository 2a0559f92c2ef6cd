/// An x86 or portable instruction set that the kernels are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  case generic, avx2, avx512
}

/// The moments of a convolution's output, tile by tile.
struct TileMoments {
  let mean: Buffer<Float>
  let squares: Buffer<Float>
}

/// Batch norm and ReLU as the kernels apply them: `max(x * scale + shift, 0)`.
struct Affine {
  let scale: Slice
  let shift: Slice
}

/// The gradient of a map before its consumers' batch norms are settled: `gradient + a + b * (value - mean)`.
struct UnfinishedGradient {
  let gradient: Slice
  let gradientStride: Int
  let value: Slice
  let valueStride: Int
  let a: Slice
  let b: Slice
  let mean: Slice
}

/// What follows a convolution whose output is normalised, rectified and max-pooled.
struct Unpooling {
  let pooled: UnfinishedGradient
  let argmax: Buffer<UInt8>
  let pool: PoolShape
  let affine: Affine
}
