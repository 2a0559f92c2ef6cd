/// `convolution → BN → ReLU → max pool` of an image that is rounded to bytes, into bytes of the first block.
final class QuantizedStem: PooledStem {
  let geometry: PooledStemGeometry
  private let layout: WeightLayout
  private let weight: [Int8]
  /// From an image's numbers to bytes.
  private let input: ChannelScaling
  /// From sums of products to bytes of the block.
  private let scaling: ChannelScaling
  /// The bytes of 0.
  private let zeros: Buffer<UInt8>
  private let packed = MadeOnce<Buffer<UInt8>>()

  init(_ stem: ImageNetStem, own: Quantization.Convolution, output: Quantization.Slice) {
    geometry = PooledStemGeometry(stem)
    let convolution = stem.convolution
    let (outputs, channels) = (convolution.outputChannels, padded(convolution.outputChannels))
    weight = own.weight
    // A row of a window is what a pixel's channels are elsewhere: its bytes lie together, and are multiplied four at once.
    let row = convolution.kernelSize.width * convolution.inputChannels
    layout = WeightLayout(
      outChannels: outputs, inChannels: row, outPadded: channels, inPadded: (row + 3) / 4 * 4,
      kernel: Extent(convolution.kernelSize.height, 1), inMap: nil, algorithm: .direct)
    input = ChannelScaling(own.inputScale.map { (1 / $0, own.inputZero) }, count: own.inputScale.count)
    zeros = Buffer(channels)
    for k in 0..<outputs { zeros[k] = UInt8(output.zero[k]) }
    let affine = stem.norm.inferenceAffine
    let bias = convolution.bias?.value.storage
    let products = own.weight.count / outputs
    scaling = ChannelScaling(
      (0..<outputs).map { k in
        let (unit, scale) = (Double(output.scale[k]), Double(own.weightScale[k]) * Double(affine[k].scale))
        let weights = own.weight[k * products..<(k + 1) * products].reduce(0) { $0 + Int($1) }
        let constant = Double(own.correction[k]) + Double(bias?[k] ?? 0)
        let shift = constant * Double(affine[k].scale) + Double(affine[k].shift)
        let ofZero = scale * Double(own.inputZero) * Double(weights)
        return (Float(scale / unit), Float((shift - ofZero) / unit + Double(output.zero[k])))
      }, count: channels)
  }

  func run(_ x: Tensor, _ shape: StemShape, to output: MapSlice, device: Device) {
    let weights = packed.value { device.packedInt8(weight, layout) }
    let bands = StemBands(shape, images: x.shape[0], threads: device.threads, most: Tiling.stemRows)
    device.stemInt8(
      shape, output: output, input: x.storage, inputScaling: input, weights: weights, scaling: scaling, zeros: zeros,
      bands: bands)
  }
}
