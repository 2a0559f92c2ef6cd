internal import Synchronization

/// What stands before the first block.
enum InferenceStem: Sendable {
  case pooled(PooledInferenceStem)
  /// A convolution alone, over images in a padded map.
  case convolution(InferenceConvolution, ChannelLayout)

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
final class PooledInferenceStem: Sendable {
  private let layout: WeightLayout
  private let weight: [Float]
  private let scale: Buffer<Float>
  private let shift: Buffer<Float>
  private let packed = Mutex<Buffer<Float>?>(nil)
  private let kernel: Extent
  private let stride: Extent
  private let padding: Extent
  private let pool: PoolWindow

  init(_ stem: ImageNetStem) {
    let convolution = stem.convolution
    let channels = padded(convolution.outputChannels)
    (kernel, stride, padding) = (convolution.kernelSize, convolution.stride, convolution.padding)
    pool = stem.pool.window
    layout = WeightLayout(
      outChannels: convolution.outputChannels, inChannels: convolution.inputChannels, outPadded: channels,
      inPadded: convolution.inputChannels,
      kernel: kernel, inMap: nil, algorithm: .direct)
    weight = convolution.weight.value.storage
    (scale, shift) = (Buffer(channels), Buffer(channels))
    for (k, affine) in stem.norm.inferenceAffine.enumerated() {
      scale[k] = affine.scale
      shift[k] = Float(
        Double(affine.shift) + Double(convolution.bias?.value.storage[k] ?? 0) * Double(affine.scale))
    }
  }

  func shape(size: Extent, outStride: Int) -> StemShape {
    StemShape(
      ConvolutionShape(
        height: size.height, width: size.width, inChannels: layout.inChannels, inStride: layout.inChannels,
        outChannels: layout.outPadded, outStride: layout.outPadded, kernel: kernel, stride: stride, padding: padding),
      pool: pool, outStride: outStride)
  }

  /// Writes the pooled maps of all images into `output`, an item of work for each band of rows.
  func run(_ x: Tensor, _ shape: StemShape, to output: MapSlice, device: Device) {
    let weights = packedWeights(device)
    let images = x.shape[0]
    let bands = min(shape.pool.outHeight, max(1, (Tiling.stemBandsPerThread * device.threads + images - 1) / images))
    let rows = shape.pool.outHeight
    device.run(images * bands, scratch: shape.scratchCount) { item, scratch in
      let (image, band) = (item / bands, item % bands)
      device.kernels.stemForward(
        shape, output: output, winners: nil, moments: nil, input: x.storage,
        affine: Affine(scale: Slice(scale), shift: Slice(shift)), weights: weights, images: image..<image + 1,
        rows: rows * band / bands..<rows * (band + 1) / bands, scratch: scratch)
    }
  }

  private func packedWeights(_ device: Device) -> Buffer<Float> {
    packed.withLock { packed in
      if let packed { return packed }
      let values = Buffer<Float>(layout.packedCount)
      device.pack(weight, into: values, layout, transposed: false, .fp32)
      packed = values
      return values
    }
  }
}
