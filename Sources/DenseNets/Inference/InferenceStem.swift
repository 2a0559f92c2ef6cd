/// What stands before the first block.
enum InferenceStem: Sendable {
  case pooled(any PooledStem)
  /// A convolution alone, over images in a padded map.
  case convolution(InferenceConvolution, ChannelLayout)

  /// Of numbers.
  init(_ model: DenseNet) {
    switch model.stem {
    case let stem as ImageNetStem: self = .pooled(PooledInferenceStem(stem))
    case let stem as CIFARStem:
      let layout = ChannelLayout(slices: [stem.convolution.inputChannels])
      self = .convolution(InferenceConvolution(norm: nil, convolution: stem.convolution, source: layout), layout)
    default: preconditionFailure("an unknown stem")
    }
  }
}

/// `convolution → BN → ReLU → max pool`, packed once.
protocol PooledStem: Sendable {
  var geometry: PooledStemGeometry { get }

  /// Writes the pooled maps of all images into `output`.
  func run(_ x: Tensor, _ shape: StemShape, to output: MapSlice, device: Device)
}

/// The sizes of a stem that pools.
struct PooledStemGeometry: Sendable {
  private let inputChannels: Int
  private let outputChannels: Int
  private let kernel: Extent
  private let stride: Extent
  private let padding: Extent
  private let pool: PoolWindow

  init(_ stem: ImageNetStem) {
    let convolution = stem.convolution
    (inputChannels, outputChannels) = (convolution.inputChannels, padded(convolution.outputChannels))
    (kernel, stride, padding) = (convolution.kernelSize, convolution.stride, convolution.padding)
    pool = stem.pool.window
  }

  func shape(size: Extent, outStride: Int) -> StemShape {
    StemShape(
      ConvolutionShape(
        height: size.height, width: size.width, inChannels: inputChannels, inStride: inputChannels,
        outChannels: outputChannels, outStride: outputChannels, kernel: kernel, stride: stride, padding: padding),
      pool: pool, outStride: outStride)
  }
}

/// The stem of numbers.
final class PooledInferenceStem: PooledStem {
  let geometry: PooledStemGeometry
  private let layout: WeightLayout
  private let weight: [Float]
  private let scale: Buffer<Float>
  private let shift: Buffer<Float>
  private let packed = MadeOnce<Buffer<Float>>()

  init(_ stem: ImageNetStem) {
    geometry = PooledStemGeometry(stem)
    let convolution = stem.convolution
    let channels = padded(convolution.outputChannels)
    layout = WeightLayout(
      outChannels: convolution.outputChannels, inChannels: convolution.inputChannels, outPadded: channels,
      inPadded: convolution.inputChannels, kernel: convolution.kernelSize, inMap: nil, algorithm: .direct)
    weight = convolution.weight.value.storage
    (scale, shift) = (Buffer(channels), Buffer(channels))
    for (k, affine) in stem.norm.inferenceAffine.enumerated() {
      scale[k] = affine.scale
      shift[k] = Float(
        Double(affine.shift) + Double(convolution.bias?.value.storage[k] ?? 0) * Double(affine.scale))
    }
  }

  func run(_ x: Tensor, _ shape: StemShape, to output: MapSlice, device: Device) {
    let weights = packed.value {
      let values = Buffer<Float>(layout.packedCount)
      device.pack(weight, into: values, layout, transposed: false, .fp32)
      return values
    }
    let pass = StemPass(
      shape: shape, output: output, input: x.storage, affine: Affine(scale: Slice(scale), shift: Slice(shift)),
      weights: weights)
    device.stemForward(pass, bands: StemBands(shape, images: x.shape[0], threads: device.threads))
  }
}
