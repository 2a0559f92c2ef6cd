/// A convolution alone before the first block: the paper's for small images.
///
/// The images are kept as a padded map, of the device's precision.
final class CIFARStem: NetworkStem {
  let convolution: Conv2d
  private let engine: ConvolutionEngine
  private let input: FeatureMap

  init(convolution: Conv2d) {
    self.convolution = convolution
    input = FeatureMap(ChannelLayout(slices: [convolution.inputChannels]))
    engine = ConvolutionEngine(
      outChannels: convolution.outputChannels, inChannels: convolution.inputChannels, kernel: convolution.kernelSize,
      inputLayout: input.layout)
  }

  var layers: [(name: String, layer: any Layer)] { [("conv0", convolution)] }

  private func shape(_ size: Extent, outStride: Int, _ device: Device) -> ConvolutionShape {
    ConvolutionShape(
      height: size.height, width: size.width, inChannels: input.stride, inStride: input.stride,
      outChannels: padded(convolution.outputChannels), outStride: outStride, kernel: convolution.kernelSize,
      padding: convolution.padding, choice: device.convolution)
  }

  func memory(
    inputShape: [Int], outStride: Int, training: Bool, memoryEfficient: Bool, device: Device
  ) -> StemMemory {
    let images = inputShape[0]
    let shape = shape(Extent(inputShape[2], inputShape[3]), outStride: outStride, device)
    let forward = engine.forwardWorkspace(shape, images: images)
    return StemMemory(
      kept: ("images", images * inputShape[2] * inputShape[3] * input.stride * device.precision.bytes),
      workspace: training ? max(forward, engine.backwardWorkspace(shape, images: images)) : forward,
      scratch: shape.scratchCount(backward: training))
  }

  func forward(_ x: Tensor, to target: FeatureMap, kept: Bytes?, mode: Mode, device: Device) {
    Profiler.current?.enter("stem")
    let (images, height, width) = (x.shape[0], x.shape[2], x.shape[3])
    input.use(
      images: images, height: height, width: width, training: mode == .training,
      values: MapMemory(kept!, count: images * height * width * input.stride, target.precision), gradients: .none)
    input.load(x, slice: 0, statistics: false, device: device)
    let shape = shape(Extent(height, width), outStride: target.stride, device)
    engine.forward(
      shape, weight: convolution.weight.value.storage,
      bias: convolution.bias?.value.storage, input: input.valueSlice(0), affine: nil, output: target.valueSlice(0),
      images: images, device: device,
      moments: mode == .training
        ? { target.setStatistics(0, from: $0, pixels: $1, imagesPerTile: shape.imagesPerTile) } : nil)
  }

  func backward(from target: FeatureMap, kept: Bytes?, needsInputGradient: Bool, device: Device) -> Tensor? {
    Profiler.current?.enter("stem")
    let shape = shape(Extent(input.height, input.width), outStride: target.stride, device)
    _ = engine.backward(
      shape, of: convolution, outputGradient: target.gradientSlice(0), input: input.valueSlice(0), affine: nil,
      inputGradient: nil, images: input.images, device: device)
    guard needsInputGradient else { return nil }
    let gradient = FeatureMap(ChannelLayout(slices: [convolution.outputChannels]))
    gradient.resize(images: target.images, height: target.height, width: target.width, gradients: false)
    gradient.load(target.gradientTensor(slice: 0, device: device), slice: 0, statistics: false, device: device)
    let result = FeatureMap(input.layout)
    result.resize(images: input.images, height: input.height, width: input.width, gradients: false)
    let raw = convolution.shape(height: input.height, width: input.width, outStride: gradient.stride)
    engine.inputGradient(
      of: raw, weight: convolution.weight.value.storage, outputGradient: gradient.valueSlice(0),
      output: result.valueSlice(0), images: input.images, device: device)
    return result.tensor(device: device)
  }
}
