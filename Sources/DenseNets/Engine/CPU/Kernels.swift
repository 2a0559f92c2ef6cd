internal import CDenseKernels

// The files of this folder are the only ones that call C, and that take pointers from buffers. Every range is checked
// here, once per call; the kernels check nothing.

/// Channels in one vector.
let lanes = Int(DENSE_LANES)

extension InstructionSet {
  var identifier: dense_isa {
    switch self {
    case .generic: DENSE_ISA_GENERIC
    case .avx2: DENSE_ISA_AVX2
    case .avx512: DENSE_ISA_AVX512
    case .avx512bf16: DENSE_ISA_AVX512BF16
    }
  }

  /// Whether this build and this machine have it.
  public var isAvailable: Bool { dense_kernels_for(identifier, DENSE_FP32) != nil }

  /// Those that this machine has, the widest last.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The fastest that this machine has: the widest, but for ``avx512bf16`` on Intel's processors, which multiply pairs of
  /// bf16 more slowly than numbers of fp32.
  public static var best: InstructionSet { available.last { dense_isa_pays($0.identifier) != 0 } ?? .generic }
}

/// The arithmetic of one instruction set; maps of either precision.
struct Kernels: @unchecked Sendable {
  let instructionSet: InstructionSet
  let table: UnsafePointer<dense_kernels>
  private let halfTable: UnsafePointer<dense_kernels>
  /// Over maps of bytes.
  let int8: UnsafePointer<dense_int8_kernels>

  init?(_ instructionSet: InstructionSet) {
    guard let table = dense_kernels_for(instructionSet.identifier, DENSE_FP32),
      let halfTable = dense_kernels_for(instructionSet.identifier, DENSE_BF16),
      let int8 = dense_int8_kernels_for(dense_int8_best(instructionSet.identifier))
    else { return nil }
    self.instructionSet = instructionSet
    self.table = table
    self.halfTable = halfTable
    self.int8 = int8
  }

  func table(_ precision: Precision) -> UnsafePointer<dense_kernels> {
    switch precision {
    case .fp32: table
    case .bf16: halfTable
    case .int8: preconditionFailure("maps of bytes have kernels of their own")
    }
  }

  /// Does `repeats` rounds of independent multiply-adds; returns the floating point operations done.
  func peak(repeats: Int) -> Double { dense_peak_for(instructionSet.identifier)!(repeats) }

  // What the kernels take, once it is known to be there.

  func constant(_ slice: Slice, _ count: Int) -> UnsafePointer<Float> { UnsafePointer(slice.pointer(count)) }
  func optional(_ slice: Slice?, _ count: Int) -> UnsafePointer<Float>? { slice.map { constant($0, count) } }
  /// From the first of these pixels on.
  func pixel(_ x: MapSlice, _ stride: Int, _ channels: Int, _ pixels: Range<Int>) -> UnsafeMutableRawPointer {
    x.pointer(span(pixels.upperBound, stride, channels)) + pixels.lowerBound * stride * x.precision.bytes
  }
}

/// Floats from the first channel of the first pixel to the last channel of the last.
func span(_ pixels: Int, _ stride: Int, _ channels: Int) -> Int {
  pixels == 0 ? 0 : (pixels - 1) * stride + channels
}

// MARK: - Without an instruction set

/// The sum of `rows` rows of `count` floats, in order, in double precision.
func sumRows(_ sums: Slice, rows: Int, stride: Int, count: Int) -> [Double] {
  guard rows > 0 else { return [Double](repeating: 0, count: count) }
  let source = sums.pointer(span(rows, stride, count))
  return [Double](unsafeUninitializedCapacity: count) { sum, n in
    dense_sum_rows(sum.baseAddress!, source, rows, stride, Int32(count))
    n = count
  }
}

/// Joins the moments of tiles (`pixels[t]` pixels in tile t) into those of a map's channels.
func joinMoments(_ moments: TileMoments, pixels: [Int32], channels: Int, mean: Slice, variance: Slice) {
  dense_join_moments(
    mean.pointer(channels), variance.pointer(channels), moments.mean.pointer(pixels.count * channels),
    moments.squares.pointer(pixels.count * channels), pixels,
    Int32(pixels.count), Int32(channels), Int32(channels))
}

/// The same, unrounded, for each channel of `tiles`, from where `moments` are.
func add(_ tiles: TileRows, to moments: inout [Moments]) {
  guard let first = moments.first, !tiles.pixels.isEmpty else { return }
  let count = span(tiles.pixels.count, tiles.stride, moments.count)
  let (tileMeans, tileSquares) = (tiles.moments.mean.pointer(count), tiles.moments.squares.pointer(count))
  var (means, squares) = (moments.map(\.mean), moments.map(\.squares))
  dense_add_moments(
    &means, &squares, first.count, tileMeans, tileSquares, tiles.pixels, Int32(tiles.pixels.count),
    Int32(tiles.stride), Int32(moments.count))
  let all = first.count + Double(tiles.pixels.reduce(0) { $0 + Int($1) })
  moments = zip(means, squares).map { Moments(count: all, mean: $0, squares: $1) }
}

/// The loss of every row and its gradient times `scale`; also the rows whose greatest logit is the label's.
func softmaxCrossEntropy(
  logits: [Float], labels: [Int32], classes: Int, gradient: inout [Float]?, scale: Float
) -> (losses: [Double], correct: Int) {
  precondition(logits.count == labels.count * classes && classes > 0)
  precondition(labels.allSatisfy { $0 >= 0 && $0 < classes }, "labels must be in 0..<\(classes)")
  var losses = [Double](repeating: 0, count: labels.count)
  var correct: Int32 = 0
  if gradient != nil {
    gradient!.withUnsafeMutableBufferPointer { g in
      precondition(g.count == logits.count)
      dense_softmax_cross_entropy(
        &losses, &correct, g.baseAddress, logits, labels, Int32(labels.count), Int32(classes), scale)
    }
  } else {
    dense_softmax_cross_entropy(&losses, &correct, nil, logits, labels, Int32(labels.count), Int32(classes), scale)
  }
  return (losses, Int(correct))
}

/// Makes this thread take denormal numbers as zero, or not; returns what held before.
@discardableResult
func flushDenormals(_ flush: Bool) -> Bool { dense_flush_denormals(flush ? 1 : 0) != 0 }

/// A short wait in a spin loop.
func spinPause() { dense_pause() }
