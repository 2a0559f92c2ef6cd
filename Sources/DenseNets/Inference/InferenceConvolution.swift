internal import Synchronization

/// A fused convolution whose weights no longer change: `[BN → ReLU →] [average pool →] convolution [→ ReLU]`, packed once.
///
/// A batch norm that follows the convolution is folded into its weights and bias.
final class InferenceConvolution: InferenceConvolving {
  let inputChannels: Int
  /// Padded.
  let outputChannels: Int
  let kernel: Extent
  let padding: Extent
  private let inputLayout: ChannelLayout
  private let logicalOutputs: Int
  /// Storage order; before folding.
  private let weight: [Float]
  /// Multiplies the weights of each output channel.
  private let outputScale: [Float]?
  private let scale: Buffer<Float>?
  private let shift: Buffer<Float>?
  private let bias: Buffer<Float>?
  /// Whether the output is rectified.
  private let rectifies: Bool
  private let packs = Mutex<[Pack]>([])

  /// Weights in the order of one algorithm.
  private struct Pack: Sendable {
    let algorithm: ConvolutionAlgorithm
    let precision: Precision
    let values: Buffer<Float>
  }

  /// - Parameters:
  ///   - norm: before the convolution, with ReLU; nil: none.
  ///   - source: the slices that are read.
  ///   - following: a batch norm right after the convolution, with ReLU; nil: none.
  init(norm: BatchNorm2d?, convolution: any Convolving, source: ChannelLayout, following: BatchNorm2d? = nil) {
    inputChannels = source.paddedChannels
    inputLayout = source
    logicalOutputs = convolution.outputChannels
    outputChannels = padded(convolution.outputChannels)
    (kernel, padding) = (convolution.kernelSize, convolution.padding)
    weight = convolution.weight.value.storage
    rectifies = following != nil
    if let norm {
      let affine = norm.inferenceAffine
      let (scale, shift) = (Buffer<Float>(inputChannels), Buffer<Float>(inputChannels))
      for (c, position) in source.map.enumerated() { (scale[position], shift[position]) = affine[c] }
      (self.scale, self.shift) = (scale, shift)
    } else {
      (scale, shift) = (nil, nil)
    }
    let own = convolution.bias?.value.storage
    let after = following?.inferenceAffine
    outputScale = after?.map(\.scale)
    if own != nil || after != nil {
      let bias = Buffer<Float>(outputChannels)
      for k in 0..<logicalOutputs {
        let value = own?[k] ?? 0
        bias[k] = after.map { Float(Double($0[k].shift) + Double(value) * Double($0[k].scale)) } ?? value
      }
      self.bias = bias
    } else {
      bias = nil
    }
  }

  /// A fused convolution with its current weights.
  /// - Parameter following: a batch norm right after it, with ReLU; nil: none.
  convenience init(_ fused: FusedConvolution, following: BatchNorm2d? = nil) {
    self.init(norm: fused.norm, convolution: fused.convolution, source: fused.sourceLayout, following: following)
  }

  func prepare(_ shape: ConvolutionShape, _ precision: Precision, device: Device) {
    _ = packed(shape.algorithm, precision, device: device)
  }

  func run(
    _ shape: ConvolutionShape, splits: Int, from input: MapSlice, to output: MapSlice, images: Int, device: Device
  ) {
    device.convolve(
      shape, splits: splits, input: input, affine: scale.map { Affine(scale: Slice($0), shift: Slice(shift!)) },
      weights: packed(shape.algorithm, input.precision, device: device), bias: bias, rectify: rectifies, output: output,
      images: images)
  }

  private func layout(_ algorithm: ConvolutionAlgorithm, _ inMap: Buffer<Int32>?) -> WeightLayout {
    WeightLayout(
      outChannels: logicalOutputs, inChannels: inputLayout.channels, outPadded: outputChannels, inPadded: inputChannels,
      kernel: kernel, inMap: inMap, algorithm: algorithm)
  }

  /// The packed weights for an algorithm, made when they are first wanted.
  private func packed(_ algorithm: ConvolutionAlgorithm, _ precision: Precision, device: Device) -> Buffer<Float> {
    packs.withLock { packs in
      if let made = packs.first(where: { $0.algorithm == algorithm && $0.precision == precision }) {
        return made.values
      }
      let map = Buffer<Int32>(inputLayout.channels)
      for (c, position) in inputLayout.map.enumerated() { map[c] = Int32(position) }
      let layout = layout(algorithm, map)
      let values = Buffer<Float>(layout.packedCount)
      device.pack(foldedWeight(), into: values, layout, transposed: false, precision)
      packs.append(Pack(algorithm: algorithm, precision: precision, values: values))
      return values
    }
  }

  private func foldedWeight() -> [Float] {
    guard let outputScale else { return weight }
    let row = weight.count / logicalOutputs
    return [Float](unsafeUninitializedCapacity: weight.count) { result, count in
      for k in 0..<logicalOutputs {
        let factor = outputScale[k]
        for i in k * row..<(k + 1) * row { result[i] = weight[i] * factor }
      }
      count = weight.count
    }
  }
}

extension BatchNorm2d {
  /// `y = x · scale + shift` of each channel, by the running statistics.
  var inferenceAffine: [(scale: Float, shift: Float)] {
    let (gamma, beta) = (weight.value.storage, bias.value.storage)
    let (mean, variance) = (runningMean.value.storage, runningVariance.value.storage)
    return (0..<channels).map { c in
      let scale = Double(gamma[c]) / (Double(variance[c]) + Double(epsilon)).squareRoot()
      return (Float(scale), Float(Double(beta[c]) - Double(mean[c]) * scale))
    }
  }
}
