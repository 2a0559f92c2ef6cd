/// A convolution that stands alone, from tensor to tensor: the work of `Conv2d` and `Linear`.
final class PlainConvolution {
  private unowned let layer: any Convolving
  private let engine: ConvolutionEngine
  private var saved: Input?

  /// A tensor `[N, C, H, W]` in kernel memory, unchanged.
  private struct Input {
    let images: Int
    let height: Int
    let width: Int
    let values: MapMemory

    init(_ x: Tensor) {
      (images, height, width) = (x.shape[0], x.shape[2], x.shape[3])
      values = MapMemory(x.count)
      values.slice().write(x.storage)
    }
  }

  init(_ layer: any Convolving) {
    self.layer = layer
    engine = ConvolutionEngine(
      outChannels: layer.outputChannels, inChannels: layer.inputChannels, kernel: layer.kernelSize, inputLayout: nil)
  }

  /// `[N, inputChannels, H, W]` to `[N, outputChannels, H', W']`.
  func forward(_ x: Tensor, mode: Mode) -> Tensor {
    let device = Device.current
    let input = Input(x)
    let stride = padded(layer.outputChannels)
    let shape = layer.shape(height: input.height, width: input.width, outStride: stride)
    let output = FeatureMap(ChannelLayout(slices: [layer.outputChannels]))
    output.resize(images: input.images, height: shape.outHeight, width: shape.outWidth, gradients: false)
    engine.forward(
      shape, weight: layer.weight.value.storage, bias: layer.bias?.value.storage, input: input.values.slice(),
      affine: nil, output: output.valueSlice(0), images: input.images, device: device)
    if mode == .training { saved = input }
    return output.tensor(device: device)
  }

  /// `[N, outputChannels, H', W']` to `[N, inputChannels, H, W]`; sets the layer's gradients.
  func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    guard let input = saved else { preconditionFailure("backward needs a forward pass in training mode first") }
    let device = Device.current
    let shape = layer.shape(height: input.height, width: input.width, outStride: padded(layer.outputChannels))
    precondition(
      outputGradient.shape == [input.images, layer.outputChannels, shape.outHeight, shape.outWidth],
      "the output gradient has shape \(outputGradient.shape)")
    let gradient = FeatureMap(ChannelLayout(slices: [layer.outputChannels]))
    gradient.resize(images: input.images, height: shape.outHeight, width: shape.outWidth, gradients: false)
    gradient.load(outputGradient, slice: 0, statistics: false, device: device)
    _ = engine.backward(
      shape, of: layer, outputGradient: .finished(gradient.valueSlice(0), of: gradient), input: input.values.slice(),
      affine: nil, inputGradient: nil, images: input.images, device: device)
    guard needsInputGradient else { return nil }
    let result = FeatureMap(ChannelLayout(slices: [layer.inputChannels]))
    result.resize(images: input.images, height: input.height, width: input.width, gradients: false)
    engine.inputGradient(
      of: shape, weight: layer.weight.value.storage, outputGradient: gradient.valueSlice(0),
      output: result.valueSlice(0), images: input.images, device: device)
    return result.tensor(device: device)
  }
}
