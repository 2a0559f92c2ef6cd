/// An x86 or portable instruction set that the kernels are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  case generic, avx2, avx512
  /// AVX-512 with bf16 products and conversions; in fp32 it is ``avx512``.
  case avx512bf16
}

/// What a network's maps hold.
public enum Precision: String, Sendable, CaseIterable {
  case fp32
  /// The upper half of fp32, for maps and their gradients; sums, statistics, parameters and their gradients stay fp32.
  case bf16

  /// Of one value.
  var bytes: Int {
    switch self {
    case .fp32: 4
    case .bf16: 2
    }
  }
}

/// Memory of a map: `count` values of one precision, in a buffer that other maps may share.
struct MapMemory: Sendable {
  let buffer: Buffer<UInt8>
  /// In bytes.
  let start: Int
  let count: Int
  let precision: Precision

  init(_ buffer: Buffer<UInt8>, start: Int, count: Int, _ precision: Precision) {
    precondition(start >= 0 && start + count * precision.bytes <= buffer.count && start % 64 == 0)
    (self.buffer, self.start, self.count, self.precision) = (buffer, start, count, precision)
  }

  /// Memory of its own.
  init(_ count: Int = 0, _ precision: Precision = .fp32) {
    self.init(Buffer(count * precision.bytes), start: 0, count: count, precision)
  }

  /// In memory that is bytes.
  init(_ bytes: Bytes, count: Int, _ precision: Precision) {
    guard case .bytes(let buffer) = bytes.memory else { preconditionFailure("a map does not lie in scratch") }
    self.init(buffer, start: bytes.start, count: count, precision)
  }

  static let none = MapMemory()

  func slice(at offset: Int = 0) -> MapSlice { MapSlice(memory: self, offset: offset) }
}

/// A map from a value on: where a slice of channels begins.
struct MapSlice {
  let memory: MapMemory
  let offset: Int
  var precision: Precision { memory.precision }
}

/// Bytes from one on, in memory of their own or in a thread's scratch.
struct Bytes {
  enum Memory {
    case bytes(Buffer<UInt8>)
    case floats(Buffer<Float>)
  }

  let memory: Memory
  /// In bytes.
  let start: Int

  init(_ buffer: Buffer<UInt8>, at start: Int = 0) {
    memory = .bytes(buffer)
    self.start = start
  }

  /// - Parameter offset: in floats.
  init(scratch: Buffer<Float>, at offset: Int) {
    memory = .floats(scratch)
    start = 4 * offset
  }

  func advanced(by count: Int) -> Bytes { Bytes(memory: memory, start: start + count) }
  private init(memory: Memory, start: Int) { (self.memory, self.start) = (memory, start) }
}

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
