/// One convolution's passes: packs weights, cuts work into tiles, reduces partial sums in order.
///
/// The fused layers, the standalone convolution and the linear layer all run here; they differ in what stands before
/// and after the convolution, which the kernels apply in cache. Memory for the time of a pass is the device's.
final class ConvolutionEngine {
  private let outChannels: Int
  private let inChannels: Int
  private let kernel: Extent
  private let inPadded: Int
  private let inMap: Buffer<Int32>?
  private let bias: Buffer<Float>

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

  func weightLayout(_ algorithm: ConvolutionAlgorithm) -> WeightLayout {
    WeightLayout(
      outChannels: outChannels, inChannels: inChannels, outPadded: padded(outChannels), inPadded: inPadded,
      kernel: kernel, inMap: inMap, algorithm: algorithm)
  }

  /// Where a forward pass reports the moments of its output.
  typealias MomentsSink = (TileMoments, _ pixels: [Int32]) -> Void

  /// output = convolution(prologue(input)) + bias.
  func forward(
    _ shape: ConvolutionShape, weight: [Float], bias: [Float]?, input: MapSlice, affine: Affine?, output: MapSlice,
    images: Int, device: Device, moments sink: MomentsSink? = nil
  ) {
    let layout = weightLayout(shape.algorithm)
    if let bias {
      for (k, value) in bias.enumerated() { self.bias[k] = value }
    }
    let tiles = shape.tileCount(images: images)
    device.withWorkspace(forwardWorkspace(shape, images: images)) { memory in
      let moments = TileMoments(in: memory, at: layout.packedCount, count: tiles * shape.outChannels)
      pack(weight, into: memory, layout, transposed: false, input.precision, device: device)
      Profiler.measure(
        "forward", operations: shape.operations(images: images),
        bytes: shape.inputBytes(images, input.precision) + shape.outputBytes(images, output.precision)
      ) {
        device.convolve(
          shape, input: input, affine: affine, weights: Slice(memory), bias: bias == nil ? nil : Slice(self.bias),
          output: output, moments: sink == nil ? nil : moments, images: images)
      }
      sink?(moments, shape.tilePixels(images: images))
    }
  }

  /// Floats that a forward pass borrows: packed weights and moments.
  func forwardWorkspace(_ shape: ConvolutionShape, images: Int) -> Int {
    weightLayout(shape.algorithm).packedCount + 2 * shape.tileCount(images: images) * shape.outChannels
  }

  /// Where and how the input gradient is written.
  struct InputGradientTarget {
    let gradient: MapSlice
    let stride: Int
    let stores: Bool
    let mean: Slice
  }

  /// What a backward pass returns in addition to the gradients of weights and input.
  struct BackwardSums {
    /// The gradient of the bias; empty without one.
    let bias: [Double]
    /// Σdz and Σdz·(x − mean) of every padded input channel; empty without an input gradient.
    let input: [Double]
  }

  /// Weight and bias gradient, and with a target the input gradient through ReLU and batch norm: one pass.
  /// - Parameter weightGradient: written in place; of the weight's count.
  func backward(
    _ shape: ConvolutionShape, weight: [Float], weightGradient: inout [Float], hasBias: Bool,
    outputGradient: UnfinishedGradient, input: MapSlice, affine: Affine?, inputGradient target: InputGradientTarget?,
    images: Int, device: Device
  ) -> BackwardSums {
    let layout = weightLayout(shape.algorithm)
    let tiles = shape.tileCount(images: images)
    let parts = BackwardWorkspace(shape, layout, images: images)
    return device.withWorkspace(parts.count) { memory in
      var inputGradient: Kernels.InputGradient?
      if let target {
        pack(weight, into: memory, layout, transposed: true, input.precision, device: device)
        inputGradient = Kernels.InputGradient(
          gradient: target.gradient, stride: target.stride, stores: target.stores,
          sums: Slice(memory, at: parts.inputSums), mean: target.mean, weights: memory)
      }
      // The map is read once, and its gradient written, or added to.
      let inputPasses = target == nil ? 1 : target!.stores ? 2 : 3
      Profiler.measure(
        "backward", operations: shape.operations(images: images) * (target == nil ? 1 : 2),
        bytes: inputPasses * shape.inputBytes(images, input.precision)
          + 2 * shape.outputBytes(images, outputGradient.value.precision)
      ) {
        device.convolveBackward(
          shape, inputGradient: inputGradient, weightGradients: Slice(memory, at: parts.weightSums),
          stride: layout.packedCount, chunks: parts.chunks,
          biasGradients: hasBias ? Slice(memory, at: parts.biasSums) : nil,
          outputGradient: outputGradient, input: input, affine: affine, images: images)
      }
      Profiler.measure("unpack gradient", bytes: 4 * (parts.chunks * layout.packedCount + layout.count)) {
        device.unpack(&weightGradient, Slice(memory, at: parts.weightSums), chunks: parts.chunks, layout)
      }
      func sums(at start: Int, stride: Int, count: Int) -> [Double] {
        sumRows(Slice(memory, at: start), rows: tiles, stride: stride, count: count)
      }
      return BackwardSums(
        bias: hasBias ? sums(at: parts.biasSums, stride: shape.outChannels, count: layout.outChannels) : [],
        input: target == nil
          ? [] : sums(at: parts.inputSums, stride: 2 * shape.inChannels, count: 2 * shape.inChannels))
    }
  }

  /// Floats that a backward pass borrows.
  func backwardWorkspace(_ shape: ConvolutionShape, images: Int) -> Int {
    BackwardWorkspace(shape, weightLayout(shape.algorithm), images: images).count
  }

  /// Where a backward pass's borrowed memory holds what, in floats; packed weights come first.
  private struct BackwardWorkspace {
    /// Partial weight gradients are kept apart by chunks of tiles: a power of two of them, so that threads get equal
    /// shares, many enough for many threads, few enough for memory.
    let chunks: Int
    let weightSums: Int
    let biasSums: Int
    let inputSums: Int
    let count: Int

    init(_ shape: ConvolutionShape, _ layout: WeightLayout, images: Int) {
      let tiles = shape.tileCount(images: images)
      let affordable = max(
        Tiling.partialGradients.lowerBound,
        min(Tiling.partialGradients.upperBound, Tiling.partialFloats / max(1, layout.packedCount)))
      chunks = min(tiles, 1 << (Int.bitWidth - 1 - affordable.leadingZeroBitCount))
      weightSums = layout.packedCount
      biasSums = weightSums + chunks * layout.packedCount
      inputSums = biasSums + tiles * shape.outChannels
      count = inputSums + tiles * 2 * shape.inChannels
    }
  }

  /// The input gradient of a convolution of any stride and padding, with nothing before it: the gradient, spread by
  /// the stride, convolved with the turned kernel.
  /// - Parameter output: padded channels.
  func inputGradient(
    of shape: ConvolutionShape, weight: [Float], outputGradient: MapSlice, output: MapSlice, images: Int, device: Device
  ) {
    let layout = weightLayout(.direct)
    let channels = padded(shape.inChannels)
    let transposed = ConvolutionShape(
      height: shape.outHeight, width: shape.outWidth, inChannels: shape.outChannels, inStride: shape.outStride,
      outChannels: channels, outStride: channels, kernel: shape.kernel,
      padding: Extent(shape.kernel.height - 1 - shape.padding.height, shape.kernel.width - 1 - shape.padding.width),
      dilation: shape.stride, output: Extent(shape.height, shape.width))
    device.withWorkspace(layout.packedCount) { memory in
      pack(weight, into: memory, layout, transposed: true, .fp32, device: device)
      device.convolve(
        transposed, input: outputGradient, affine: nil, weights: Slice(memory), bias: nil, output: output,
        images: images)
    }
  }

  func pack(
    _ weight: [Float], into packed: Buffer<Float>, _ layout: WeightLayout, transposed: Bool, _ precision: Precision,
    device: Device
  ) {
    Profiler.measure("pack weights", bytes: 4 * (layout.count + layout.packedCount)) {
      device.pack(weight, into: packed, layout, transposed: transposed, precision)
    }
  }
}
