/// One convolution's memory and its passes: packs weights, cuts work into tiles, reduces partial sums in order.
///
/// The fused layers, the stem, the standalone convolution and the linear layer all run here; they differ in what
/// stands before and after the convolution, which the kernels apply in cache.
final class ConvolutionEngine {
  private let outChannels: Int
  private let inChannels: Int
  private let kernel: Extent
  private let inPadded: Int
  private let inMap: Buffer<Int32>?
  private let bias: Buffer<Float>
  private var packed: PackedWeights?
  private var moments = TileMoments(mean: Buffer(0), squares: Buffer(0))
  private var inputSums = Buffer<Float>(0)
  private var biasSums = Buffer<Float>(0)

  /// Weights in the order that one algorithm wants, for the forward pass and for the input gradient.
  private final class PackedWeights {
    let layout: WeightLayout
    let forward: Buffer<Float>
    lazy var transposed = Buffer<Float>(layout.packedCount)

    init(_ layout: WeightLayout) {
      self.layout = layout
      forward = Buffer(layout.packedCount)
    }
  }

  /// - Parameters:
  ///   - inputLayout: how the input's channels are padded; nil if they are not.
  init(outChannels: Int, inChannels: Int, kernel: Extent, inputLayout: ChannelLayout?) {
    (self.outChannels, self.inChannels, self.kernel) = (outChannels, inChannels, kernel)
    inPadded = inputLayout?.paddedChannels ?? inChannels
    inMap = inputLayout.map { layout in
      let buffer = Buffer<Int32>(layout.channels)
      for (c, position) in layout.map.enumerated() { buffer[c] = Int32(position) }
      return buffer
    }
    bias = Buffer(padded(outChannels))
  }

  /// Memory for the weights of an algorithm, kept until another is asked for.
  private func weights(for algorithm: ConvolutionAlgorithm) -> PackedWeights {
    if let packed, packed.layout.algorithm == algorithm { return packed }
    let new = PackedWeights(
      WeightLayout(
        outChannels: outChannels, inChannels: inChannels, outPadded: padded(outChannels), inPadded: inPadded,
        kernel: kernel, inMap: inMap, algorithm: algorithm))
    packed = new
    return new
  }

  /// Where a forward pass reports the moments of its output.
  typealias MomentsSink = (TileMoments, _ pixels: [Int32]) -> Void

  /// output = convolution(prologue(input)) + bias.
  func forward(
    _ shape: ConvolutionShape, weight: [Float], bias: [Float]?, input: Slice, affine: Affine?, output: Slice,
    images: Int, device: Device, moments sink: MomentsSink? = nil
  ) {
    let weights = weights(for: shape.algorithm)
    pack(weight, into: weights.forward, weights.layout, transposed: false, device: device)
    if let bias {
      for (k, value) in bias.enumerated() { self.bias[k] = value }
    }
    let tiles = shape.tileCount(images: images)
    if sink != nil && moments.mean.count < tiles * shape.outChannels {
      moments = TileMoments(mean: Buffer(tiles * shape.outChannels), squares: Buffer(tiles * shape.outChannels))
    }
    device.run(tiles, scratch: shape.scratchCount(backward: false)) { tile, scratch in
      device.kernels.convolutionForward(
        shape, output: output, moments: sink == nil ? nil : moments, input: input, affine: affine,
        weights: weights.forward,
        bias: bias == nil ? nil : self.bias, images: images, tiles: tile..<tile + 1, scratch: scratch)
    }
    sink?(moments, shape.tilePixels(images: images))
  }

  /// What a backward pass finds.
  struct Gradients {
    /// Storage order.
    var weight: [Float]
    var bias: [Float]
    /// Σdz and Σdz·(x − mean) of every padded input channel; empty without an input gradient.
    var inputSums: [Double]
  }

  /// Where and how the input gradient is written.
  struct InputGradientTarget {
    let gradient: Slice
    let stride: Int
    let stores: Bool
    let mean: Slice
  }

  /// Weight and bias gradient, and with a target the input gradient through ReLU and batch norm: one pass.
  func backward(
    _ shape: ConvolutionShape, weight: [Float], hasBias: Bool, outputGradient: UnfinishedGradient,
    unpooling: Unpooling? = nil, input: Slice, affine: Affine?, inputGradient target: InputGradientTarget?,
    images: Int, device: Device
  ) -> Gradients {
    let weights = weights(for: shape.algorithm)
    let layout = weights.layout
    let tiles = shape.tileCount(images: images)
    let chunks = chunkCount(tiles: tiles, layout)
    if hasBias && biasSums.count < tiles * shape.outChannels { biasSums = Buffer(tiles * shape.outChannels) }
    var inputGradient: Kernels.InputGradient?
    if let target {
      if inputSums.count < tiles * 2 * shape.inChannels { inputSums = Buffer(tiles * 2 * shape.inChannels) }
      pack(weight, into: weights.transposed, layout, transposed: true, device: device)
      inputGradient = Kernels.InputGradient(
        gradient: target.gradient, stride: target.stride, stores: target.stores, sums: inputSums, mean: target.mean,
        weights: weights.transposed)
    }
    var result = Gradients(weight: [Float](repeating: 0, count: layout.count), bias: [], inputSums: [])
    device.withPartialSums(chunks * layout.packedCount) { weightSums in
      device.run(chunks, scratch: shape.scratchCount(backward: true)) { chunk, scratch in
        let first = chunk * layout.packedCount
        weightSums.fill(0, in: first..<first + layout.packedCount)
        device.kernels.convolutionBackward(
          shape, inputGradient: inputGradient, weightGradient: Slice(weightSums, at: first),
          biasGradient: hasBias ? biasSums : nil, outputGradient: outputGradient, unpooling: unpooling, input: input,
          affine: affine, images: images, tiles: tiles * chunk / chunks..<tiles * (chunk + 1) / chunks,
          scratch: scratch)
      }
      device.kernels.unpack(&result.weight, weightSums, chunks: chunks, layout, device: device)
    }
    if hasBias {
      result.bias = sumRows(biasSums, rows: tiles, stride: shape.outChannels, count: layout.outChannels).map(Float.init)
    }
    if target != nil {
      result.inputSums = sumRows(
        inputSums, rows: tiles, stride: 2 * shape.inChannels, count: 2 * shape.inChannels)
    }
    return result
  }

  /// The input gradient of a convolution of any stride and padding, with nothing before it: the gradient, spread by
  /// the stride, convolved with the turned kernel.
  /// - Parameter output: padded channels.
  func inputGradient(
    of shape: ConvolutionShape, weight: [Float], outputGradient: Slice, output: Slice, images: Int, device: Device
  ) {
    let weights = weights(for: .direct)
    pack(weight, into: weights.transposed, weights.layout, transposed: true, device: device)
    let channels = padded(shape.inChannels)
    let transposed = ConvolutionShape(
      height: shape.outHeight, width: shape.outWidth, inChannels: shape.outChannels, inStride: shape.outStride,
      outChannels: channels, outStride: channels, kernel: shape.kernel,
      padding: Extent(shape.kernel.height - 1 - shape.padding.height, shape.kernel.width - 1 - shape.padding.width),
      dilation: shape.stride, output: Extent(shape.height, shape.width))
    device.run(
      transposed.tileCount(images: images), scratch: transposed.scratchCount(backward: false)
    ) { tile, scratch in
      device.kernels.convolutionForward(
        transposed, output: output, moments: nil, input: outputGradient, affine: nil, weights: weights.transposed,
        bias: nil, images: images, tiles: tile..<tile + 1, scratch: scratch)
    }
  }

  /// Partial weight gradients are kept apart by chunks of tiles: many enough for many threads, few enough for memory.
  private func chunkCount(tiles: Int, _ layout: WeightLayout) -> Int {
    let wanted = max(4, min(32, (2 << 20) / max(1, layout.packedCount)))
    return min(tiles, wanted)
  }

  private func pack(
    _ weight: [Float], into packed: Buffer<Float>, _ layout: WeightLayout, transposed: Bool, device: Device
  ) {
    let step = 16
    device.run((outChannels + step - 1) / step) { item, _ in
      device.kernels.pack(
        packed, weight, layout, transposed: transposed, range: item * step..<min((item + 1) * step, outChannels))
    }
  }
}
