/// A fused convolution over maps of bytes: `[BN → ReLU →] [average pool →] convolution [→ BN → ReLU]`.
final class QuantizedConvolution: InferenceConvolving {
  /// What its output is.
  enum Output {
    /// Bytes of a block's channels.
    case slice(Quantization.Slice)
    /// Bytes that one convolution alone reads, after `norm` and ReLU, with its input's scale.
    case rectified(norm: BatchNorm2d, scale: [Float])
    case real
  }

  let inputChannels: Int
  let outputChannels: Int
  let kernel: Extent
  let padding: Extent
  private let layout: WeightLayout
  private let weight: [Int8]
  /// From the source's bytes to those of the input's scale, through batch norm.
  private let prologue: ByteNormalization?
  /// From sums of products to the output.
  private let scaling: ChannelScaling
  private let packed = MadeOnce<Buffer<UInt8>>()

  /// - Parameters:
  ///   - norm: in front, with ReLU, and what the source's bytes stand for; nil: the source has the input's scale already.
  ///   - source: the slices that are read.
  init(
    norm: (layer: BatchNorm2d, source: Quantization.Slice)?, convolution: any Convolving, source: ChannelLayout,
    own: Quantization.Convolution, output: Output
  ) {
    inputChannels = source.paddedChannels
    outputChannels = padded(convolution.outputChannels)
    (kernel, padding) = (convolution.kernelSize, convolution.padding)
    weight = own.weight
    let positions = Buffer<Int32>(source.channels)
    for (c, position) in source.map.enumerated() { positions[c] = Int32(position) }
    layout = WeightLayout(
      outChannels: convolution.outputChannels, inChannels: source.channels, outPadded: outputChannels,
      inPadded: inputChannels, kernel: kernel, inMap: positions, algorithm: .direct)
    prologue = norm.map { norm in
      let affine = norm.layer.inferenceAffine
      return ByteNormalization(
        (0..<source.channels).map { c in
          let (unit, zero) = (Double(norm.source.scale[c]), Double(norm.source.zero[c]))
          let (scale, shift) = (Double(affine[c].scale), Double(affine[c].shift))
          let input = Double(own.inputScale[c])
          return (Float(unit * scale / input), Float((shift - zero * unit * scale) / input))
        }, at: source.map, count: source.paddedChannels)
    }
    let bias = convolution.bias?.value.storage
    var following: [(scale: Float, shift: Float)]?
    if case .rectified(let norm, _) = output { following = norm.inferenceAffine }
    // Of a sum: times `factor`, and then `addend`; one unit of the output, and its zero.
    let steps = (0..<convolution.outputChannels).map { k -> (factor: Float, addend: Float) in
      let (scale, constant) = (Double(own.weightScale[k]), Double(bias?[k] ?? 0) + Double(own.correction[k]))
      switch output {
      case .slice(let slice):
        let unit = Double(slice.scale[k])
        return (Float(scale / unit), Float(constant / unit + Double(slice.zero[k])))
      case .rectified(_, let units):
        let (unit, affine) = (Double(units[k]), following![k])
        return (
          Float(scale * Double(affine.scale) / unit),
          Float((constant * Double(affine.scale) + Double(affine.shift)) / unit)
        )
      case .real: return (Float(scale), Float(constant))
      }
    }
    scaling = ChannelScaling(steps, count: outputChannels)
  }

  func prepare(_ shape: ConvolutionShape, _ precision: Precision, device: Device) { _ = packedWeight(device) }

  func run(
    _ shape: ConvolutionShape, splits: Int, from input: MapSlice, to output: MapSlice, images: Int, device: Device
  ) {
    device.convolveInt8(
      shape, splits: splits, input: input,
      norm: prologue, weights: packedWeight(device), scaling: scaling, output: output, images: images)
  }

  private func packedWeight(_ device: Device) -> Buffer<UInt8> {
    packed.value { device.packedInt8(weight, layout) }
  }
}
