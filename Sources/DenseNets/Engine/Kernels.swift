internal import CDenseKernels

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// The only file of this module that calls C and holds raw pointers. Every range is checked here, once a call; the
// kernels check nothing.

/// Memory for kernels: zero at first, aligned to a cache line, freed with its last reference.
///
/// Kernels on several threads write disjoint parts of one buffer; that they are disjoint is the caller's promise.
final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  let count: Int
  fileprivate let base: UnsafeMutablePointer<Element>
  private let bytes: Int

  init(_ count: Int) {
    precondition(count >= 0)
    if exactMemory {
      bytes = 0
      var memory: UnsafeMutableRawPointer?
      let wanted = max(1, count * MemoryLayout<Element>.stride)
      guard posix_memalign(&memory, 64, wanted) == 0, let memory else {
        fatalError("out of memory: \(wanted) bytes wanted")
      }
      memset(memory, 0, wanted)
      self.count = count
      base = memory.bindMemory(to: Element.self, capacity: count)
      return
    }
    // Whole pages straight from the system: zero without a write, and huge where it can be.
    bytes = max(4096, (count * MemoryLayout<Element>.stride + 4095) / 4096 * 4096)
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | mapAnonymous, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
      fatalError("out of memory: \(bytes) bytes wanted")
    }
    #if os(Linux)
      if bytes >= 1 << 22 { madvise(memory, bytes, 14) }  // MADV_HUGEPAGE
    #endif
    self.count = count
    base = memory.bindMemory(to: Element.self, capacity: count)
  }

  deinit {
    if bytes == 0 { free(base) } else { munmap(base, bytes) }
  }

  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  func fill(_ value: Element, in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    (base + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Makes every bit of these elements zero.
  func clear(_ range: Range<Int>) { memset(pointer(range), 0, range.count * MemoryLayout<Element>.stride) }

  fileprivate func pointer(_ range: Range<Int>) -> UnsafeMutablePointer<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is outside of 0..<\(count)")
    return base + range.lowerBound
  }
}

/// Whether buffers end where their elements do (`DENSENET_EXACT_MEMORY` is set), so that the address sanitizer sees every
/// step beyond them; else they are whole pages.
let exactMemory = getenv("DENSENET_EXACT_MEMORY") != nil

#if os(Linux)
  private let mapAnonymous = MAP_ANONYMOUS
#else
  private let mapAnonymous = MAP_ANON
#endif

/// A buffer from an element on: where a map's slice of channels begins.
struct Slice {
  let buffer: Buffer<Float>
  let offset: Int

  init(_ buffer: Buffer<Float>, at offset: Int = 0) {
    self.buffer = buffer
    self.offset = offset
  }

  subscript(index: Int) -> Float { buffer[offset + index] }

  /// The pointer, if `count` elements from here on exist.
  fileprivate func pointer(_ count: Int) -> UnsafeMutablePointer<Float> { buffer.pointer(offset..<offset + count) }
}

extension Bytes {
  fileprivate func pointer(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    switch memory {
    case .bytes(let buffer): return buffer.pointer(start..<start + count)
    case .floats(let buffer):
      precondition(start >= 0 && count >= 0 && start + count <= 4 * buffer.count)
      return UnsafeMutableRawPointer(buffer.base).assumingMemoryBound(to: UInt8.self) + start
    }
  }
}

extension MapSlice {
  /// The pointer, if `count` values from here on exist.
  fileprivate func pointer(_ count: Int) -> UnsafeMutableRawPointer {
    precondition(
      offset >= 0 && count >= 0 && offset + count <= memory.count,
      "\(offset)..<\(offset + count) is outside of 0..<\(memory.count)")
    return UnsafeMutableRawPointer(memory.buffer.base) + memory.start + offset * precision.bytes
  }

  /// Writes raw values of fp32.
  func write(_ values: [Float]) {
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      floats(values.count).update(from: base, count: values.count)
    }
  }

  /// The same of a map of fp32.
  fileprivate func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    precondition(precision == .fp32)
    return pointer(count).assumingMemoryBound(to: Float.self)
  }
}

/// Channels in one vector.
let lanes = Int(DENSE_LANES)

extension InstructionSet {
  fileprivate var identifier: dense_isa {
    switch self {
    case .generic: DENSE_ISA_GENERIC
    case .avx2: DENSE_ISA_AVX2
    case .avx512: DENSE_ISA_AVX512
    case .avx512bf16: DENSE_ISA_AVX512BF16
    }
  }

  /// Whether this build and this machine have it.
  public var isAvailable: Bool { dense_kernels_for(identifier, DENSE_FP32) != nil }

  /// The widest that this machine has.
  public static var best: InstructionSet { allCases.last { $0.isAvailable } ?? .generic }
}

/// The arithmetic of one instruction set; maps of either precision.
struct Kernels: @unchecked Sendable {
  let instructionSet: InstructionSet
  private let table: UnsafePointer<dense_kernels>
  private let halfTable: UnsafePointer<dense_kernels>

  init?(_ instructionSet: InstructionSet) {
    guard let table = dense_kernels_for(instructionSet.identifier, DENSE_FP32),
      let halfTable = dense_kernels_for(instructionSet.identifier, DENSE_BF16)
    else { return nil }
    self.instructionSet = instructionSet
    self.table = table
    self.halfTable = halfTable
  }

  private func table(_ precision: Precision) -> UnsafePointer<dense_kernels> {
    switch precision {
    case .fp32: table
    case .bf16: halfTable
    }
  }

  // MARK: Convolution

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

  // MARK: Stem

  /// Pools `images` into `output` from the input `x`, `[N, H, W, C]`.
  /// - Parameters:
  ///   - affine: the batch norm's, with the convolution's bias in the shift.
  ///   - winners: `[N, pooled height, pooled width, channels]`.
  ///   - rows: of the pooled map; nil: all. Moments are wanted of whole images only.
  func stemForward(
    _ shape: StemShape, output: MapSlice, winners: Winners?, moments: TileMoments?,
    input x: [Float], affine: Affine, weights: Buffer<Float>, images: Range<Int>, rows: Range<Int>? = nil,
    scratch: Buffer<Float>
  ) {
    let (conv, pool) = (shape.convolution, shape.pool)
    precondition(weights.count >= conv.packedCount && scratch.count >= shape.scratchCount)
    precondition(x.count >= images.upperBound * conv.height * conv.width * conv.inChannels)
    let rows = rows ?? 0..<pool.outHeight
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= pool.outHeight && (moments == nil || rows.count == pool.outHeight))
    var arguments = dense_stem_forward_args()
    (arguments.row_begin, arguments.row_end) = (Int32(rows.lowerBound), Int32(rows.upperBound))
    arguments.y = output.pointer(
      span(images.upperBound * pool.outHeight * pool.outWidth, pool.outStride, pool.channels))
    if let winners {
      arguments.argmax = winners.bytes.pointer((images.upperBound - winners.firstImage) * shape.pooledCount)
      arguments.argmax_image = Int32(winners.firstImage)
    }
    arguments.mean = moments?.mean.pointer(images.upperBound * pool.channels)
    arguments.m2 = moments?.squares.pointer(images.upperBound * pool.channels)
    arguments.scale = constant(affine.scale, pool.channels)
    arguments.shift = constant(affine.shift, pool.channels)
    arguments.weights = UnsafePointer(weights.base)
    var c = shape.c
    x.withUnsafeBufferPointer {
      arguments.x = $0.baseAddress
      table(output.precision).pointee.stem_forward(
        &c, &arguments, Int32(images.lowerBound), Int32(images.upperBound), scratch.base)
    }
  }

  /// Adds the sums of these images to `products`, `[channels, taps]`, and `sums`, `[channels]`.
  func stemBackward(
    _ shape: StemShape, products: Slice, sums: Slice, gradient g: UnfinishedGradient, winners: Winners,
    input x: [Float], center: Buffer<Float>, images: Range<Int>, scratch: Buffer<Float>
  ) {
    let (conv, pool) = (shape.convolution, shape.pool)
    precondition(scratch.count >= shape.scratchCount && g.valueStride == pool.outStride)
    precondition(x.count >= images.upperBound * conv.height * conv.width * conv.inChannels)
    let pixels = images.upperBound * pool.outHeight * pool.outWidth
    var arguments = dense_stem_backward_args()
    arguments.products = products.pointer(pool.channels * shape.taps)
    arguments.sums = sums.pointer(pool.channels)
    arguments.y = UnsafeRawPointer(g.value.pointer(span(pixels, g.valueStride, pool.channels)))
    arguments.dy = UnsafeRawPointer(g.gradient.pointer(span(pixels, g.gradientStride, pool.channels)))
    arguments.dy_stride = Int32(g.gradientStride)
    arguments.defer_a = constant(g.a, pool.channels)
    arguments.defer_b = constant(g.b, pool.channels)
    arguments.y_mean = constant(g.mean, pool.channels)
    arguments.argmax = UnsafePointer(
      winners.bytes.pointer((images.upperBound - winners.firstImage) * shape.pooledCount))
    arguments.argmax_image = Int32(winners.firstImage)
    arguments.center = UnsafePointer(center.pointer(0..<conv.inChannels))
    var c = shape.c
    x.withUnsafeBufferPointer {
      arguments.x = $0.baseAddress
      table(g.value.precision).pointee.stem_backward(
        &c, &arguments, Int32(images.lowerBound), Int32(images.upperBound), scratch.base)
    }
  }

  /// Adds the moments of these images' windows to `sums`, `[windowCount]`, and `products`, `[productCount]`.
  func stemMoments(
    _ shape: StemShape, sums: Slice, products: Slice, input x: [Float], center: Buffer<Float>, images: Range<Int>,
    scratch: Buffer<Float>
  ) {
    let conv = shape.convolution
    precondition(scratch.count >= shape.scratchCount)
    precondition(x.count >= images.upperBound * conv.height * conv.width * conv.inChannels)
    var c = shape.c
    x.withUnsafeBufferPointer {
      table.pointee.stem_moments(
        sums.pointer(shape.windowCount), products.pointer(shape.productCount), $0.baseAddress,
        center.pointer(0..<conv.inChannels), &c.conv, Int32(images.lowerBound), Int32(images.upperBound), scratch.base)
    }
  }

  // MARK: Pools

  func maxPoolForward(
    _ shape: PoolShape, output: MapSlice, argmax: Bytes?, input: MapSlice, images: Range<Int>
  ) {
    let s = shape
    var c = s.c
    precondition(output.precision == input.precision)
    table(input.precision).pointee.max_pool_forward(
      output.pointer(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)),
      argmax?.pointer(images.upperBound * s.outHeight * s.outWidth * s.channels),
      input.pointer(span(images.upperBound * s.height * s.width, s.inStride, s.channels)), &c, Int32(images.lowerBound),
      Int32(images.upperBound))
  }

  func maxPoolBackward(
    _ shape: PoolShape, inputGradient: MapSlice, outputGradient: MapSlice, argmax: Bytes, images: Range<Int>
  ) {
    let s = shape
    var c = s.c
    precondition(inputGradient.precision == outputGradient.precision)
    table(inputGradient.precision).pointee.max_pool_backward(
      inputGradient.pointer(images.upperBound * s.height * s.width * s.inStride),
      outputGradient.pointer(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)),
      argmax.pointer(images.upperBound * s.outHeight * s.outWidth * s.channels), &c, Int32(images.lowerBound),
      Int32(images.upperBound))
  }

  func averagePoolForward(_ shape: PoolShape, output: MapSlice, input: MapSlice, images: Range<Int>) {
    let s = shape
    var c = s.c
    table.pointee.avg_pool_forward(
      output.floats(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)),
      input.floats(span(images.upperBound * s.height * s.width, s.inStride, s.channels)), &c,
      Int32(images.lowerBound), Int32(images.upperBound))
  }

  func averagePoolBackward(_ shape: PoolShape, inputGradient: MapSlice, outputGradient: MapSlice, images: Range<Int>) {
    let s = shape
    var c = s.c
    table.pointee.avg_pool_backward(
      inputGradient.floats(images.upperBound * s.height * s.width * s.inStride),
      outputGradient.floats(span(images.upperBound * s.outHeight * s.outWidth, s.outStride, s.channels)), &c,
      Int32(images.lowerBound), Int32(images.upperBound))
  }

  // MARK: Normalisation

  /// The moments of image `image` of a map, of `area` pixels, into row `image` of `moments`.
  func moments(_ moments: TileMoments, image tile: Int, of x: MapSlice, stride: Int, channels: Int, area: Extent) {
    let pixels = tile * area.area..<(tile + 1) * area.area
    table(x.precision).pointee.moments(
      moments.mean.pointer((tile + 1) * channels) + tile * channels,
      moments.squares.pointer((tile + 1) * channels) + tile * channels,
      pixel(x, stride, channels, pixels), Int32(stride), Int32(channels), Int32(area.height), Int32(area.width))
  }

  /// `y = x * scale + shift`.
  func affine(y: MapSlice, x: MapSlice, _ affine: Affine, stride: Int, channels: Int, pixels: Range<Int>) {
    table(x.precision).pointee.affine(
      pixel(y, stride, channels, pixels), pixel(x, stride, channels, pixels), constant(affine.scale, channels),
      constant(affine.shift, channels), Int32(stride), Int32(channels), pixels.count)
  }

  /// Row `image` of `sums` = Σdy and Σdy·(x − mean) of an image of `area` pixels.
  func normSums(
    _ sums: Buffer<Float>, image tile: Int, dy: MapSlice, x: MapSlice, mean: Slice, stride: Int, channels: Int,
    area: Extent
  ) {
    let pixels = tile * area.area..<(tile + 1) * area.area
    table(x.precision).pointee.norm_sums(
      sums.pointer(tile * 2 * channels..<(tile + 1) * 2 * channels), pixel(dy, stride, channels, pixels),
      pixel(x, stride, channels, pixels), constant(mean, channels), Int32(stride), Int32(channels), Int32(area.height),
      Int32(area.width))
  }

  /// `dx = scale * dy + a + b * (x - mean)`.
  func normBackward(
    dx: MapSlice, dy: MapSlice, x: MapSlice, mean: Slice, scale: Slice, a: Slice, b: Slice, stride: Int, channels: Int,
    pixels: Range<Int>
  ) {
    table(x.precision).pointee.norm_backward(
      pixel(dx, stride, channels, pixels), pixel(dy, stride, channels, pixels), pixel(x, stride, channels, pixels),
      constant(mean, channels), constant(scale, channels), constant(a, channels), constant(b, channels), Int32(stride),
      Int32(channels), pixels.count)
  }

  /// Drops values of these pixels of a map, in place.
  func drop(_ x: MapSlice, stride: Int, channels: Int, pixels: Range<Int>, _ mask: DropoutMask) {
    var c = dense_dropout(
      seed: (UInt32(truncatingIfNeeded: mask.stream), UInt32(truncatingIfNeeded: mask.stream >> 32)),
      threshold: UInt32(min(Double(mask.rate) * 0x1p32, 0x1p32 - 1)), scale: 1 / (1 - mask.rate),
      first_pixel: pixels.lowerBound)
    table(x.precision).pointee.drop(
      pixel(x, stride, channels, pixels), Int32(stride), Int32(channels), pixels.count, &c)
  }

  // MARK: Values in and out

  /// Writes `pixels` pixels of `channels` values, `stride` apart and from `first` on, into a map, padded with zeros.
  func load(
    _ values: [Float], from first: Int, stride: Int, channels: Int, into map: MapSlice, stride mapStride: Int,
    pixels: Int
  ) {
    guard channels > 0, pixels > 0 else { return }
    precondition(first >= 0 && first + span(pixels, stride, channels) <= values.count)
    values.withUnsafeBufferPointer {
      table(map.precision).pointee.load_map(
        map.pointer(span(pixels, mapStride, padded(channels))), Int32(mapStride), $0.baseAddress! + first,
        Int32(stride), Int32(channels), pixels)
    }
  }

  /// Reads them back.
  func read(
    _ map: MapSlice, stride mapStride: Int, channels: Int, pixels: Int, into values: inout [Float], at first: Int,
    stride: Int
  ) {
    guard channels > 0, pixels > 0 else { return }
    precondition(first >= 0 && first + span(pixels, stride, channels) <= values.count)
    values.withUnsafeMutableBufferPointer {
      table(map.precision).pointee.read_map(
        $0.baseAddress! + first, Int32(stride), map.pointer(span(pixels, mapStride, padded(channels))),
        Int32(mapStride), Int32(channels), pixels)
    }
  }

  // MARK: Parameters

  /// Output channels `range` of `weight` (storage order) into the packed order, for a convolution that reads a map (or,
  /// `transposed`, a gradient) of `precision`.
  func pack(
    _ packed: Buffer<Float>, _ weight: [Float], _ layout: WeightLayout, transposed: Bool, _ precision: Precision,
    range: Range<Int>
  ) {
    precondition(weight.count == layout.count && packed.count >= layout.packedCount)
    precondition(range.upperBound <= layout.outChannels)
    withUnsafePointer(to: layout.c) { l in
      weight.withUnsafeBufferPointer { w in
        let table = self.table(precision)
        let pack = transposed ? table.pointee.pack_weights_transposed : table.pointee.pack_weights
        pack!(packed.base, w.baseAddress, l, Int32(range.lowerBound), Int32(range.upperBound))
      }
    }
  }

  /// The sum of `chunks` packed gradients, in the storage order of the weight.
  func unpack(_ gradient: inout [Float], _ packed: Slice, chunks: Int, _ layout: WeightLayout, device: Device) {
    precondition(gradient.count == layout.count)
    let sums = packed.pointer(chunks * layout.packedCount)
    let step = 16
    gradient.withUnsafeMutableBufferPointer { g in
      nonisolated(unsafe) let (target, sums) = (g.baseAddress!, sums)
      device.run((layout.inChannels + step - 1) / step) { item, _ in
        withUnsafePointer(to: layout.c) { l in
          table.pointee.unpack_gradient(
            target, sums, Int32(chunks), layout.packedCount, l, Int32(item * step),
            Int32(min((item + 1) * step, layout.inChannels)))
        }
      }
    }
  }

  func sgdStep(_ weight: inout [Float], velocity: inout [Float], gradient: [Float], _ options: SGDKernelOptions) {
    precondition(weight.count == gradient.count && (options.momentum == 0 || velocity.count == weight.count))
    var o = dense_sgd(
      lr: options.learningRate, momentum: options.momentum, dampening: options.dampening,
      weight_decay: options.weightDecay, nesterov: options.nesterov ? 1 : 0, first: options.isFirst ? 1 : 0)
    weight.withUnsafeMutableBufferPointer { w in
      velocity.withUnsafeMutableBufferPointer { v in
        gradient.withUnsafeBufferPointer { g in
          table.pointee.sgd_step(w.baseAddress, v.baseAddress, g.baseAddress, w.count, &o)
        }
      }
    }
  }

  func adamStep(
    _ weight: inout [Float], mean: inout [Float], square: inout [Float], gradient: [Float], _ options: AdamKernelOptions
  ) {
    let count = weight.count
    precondition(count == gradient.count && count == mean.count && count == square.count)
    var o = dense_adam(
      step_size: options.stepSize, new_mean: options.newMean, kept_square: options.keptSquare,
      new_square: options.newSquare, square_scale: options.squareScale, epsilon: options.epsilon,
      weight_decay: options.weightDecay, shrink: options.shrink)
    weight.withUnsafeMutableBufferPointer { w in
      mean.withUnsafeMutableBufferPointer { m in
        square.withUnsafeMutableBufferPointer { v in
          gradient.withUnsafeBufferPointer { g in
            table.pointee.adam_step(w.baseAddress, m.baseAddress, v.baseAddress, g.baseAddress, count, &o)
          }
        }
      }
    }
  }

  /// Does `repeats` rounds of independent multiply-adds; returns the floating point operations done.
  func peak(repeats: Int) -> Double { dense_peak_for(instructionSet.identifier)!(repeats) }

  private func constant(_ slice: Slice, _ count: Int) -> UnsafePointer<Float> { UnsafePointer(slice.pointer(count)) }
  private func optional(_ slice: Slice?, _ count: Int) -> UnsafePointer<Float>? { slice.map { constant($0, count) } }
  private func pixel(_ x: MapSlice, _ stride: Int, _ channels: Int, _ pixels: Range<Int>) -> UnsafeMutableRawPointer {
    x.pointer(span(pixels.upperBound, stride, channels)) + pixels.lowerBound * stride * x.precision.bytes
  }
}

/// Floats from the first channel of the first pixel to the last channel of the last.
private func span(_ pixels: Int, _ stride: Int, _ channels: Int) -> Int {
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

extension ConvolutionShape {
  /// - Parameter output: what the output and its gradient hold.
  fileprivate func c(output: Precision = .fp32) -> dense_conv_shape {
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

extension PoolShape {
  fileprivate var c: dense_pool_shape {
    dense_pool_shape(
      height: Int32(height), width: Int32(width), channels: Int32(channels), x_stride: Int32(inStride),
      out_height: Int32(outHeight), out_width: Int32(outWidth), y_stride: Int32(outStride), kernel: Int32(kernel),
      stride: Int32(stride), pad: Int32(padding))
  }
}

extension WeightLayout {
  fileprivate var c: dense_weight_layout {
    dense_weight_layout(
      out_channels: Int32(outChannels), in_channels: Int32(inChannels), out_padded: Int32(outPadded),
      in_padded: Int32(inPadded), kernel_h: Int32(kernel.height), kernel_w: Int32(kernel.width),
      in_map: inMap.map { UnsafePointer($0.base) }, winograd: Int32(algorithm.side))
  }
}

extension StemShape {
  fileprivate var c: dense_stem_shape { dense_stem_shape(conv: convolution.c(), pool: pool.c) }

  /// Floats of scratch that each thread needs.
  var scratchCount: Int {
    var shape = c
    return dense_stem_scratch(&shape)
  }

  /// Of each channel of the weight gradient: blocks of 8 kernel rows by 8 values.
  var taps: Int {
    var shape = convolution.c()
    return Int(dense_stem_taps(&shape))
  }

  /// Of each window value in the second moments.
  var lags: Int {
    var shape = convolution.c()
    return Int(dense_stem_lags(&shape))
  }
}
