/// A layer that the convolution engine computes: a convolution, or a linear layer as one of a single pixel.
protocol Convolving: AnyObject {
  /// `[outputChannels, inputChannels, kernel height, kernel width]`, or `[outputChannels, inputChannels]`.
  var weight: Parameter { get }
  var bias: Parameter? { get }
  var inputChannels: Int { get }
  var outputChannels: Int { get }
  var kernelSize: Extent { get }
  var stride: Extent { get }
  var padding: Extent { get }
}

extension Convolving {
  /// The geometry over raw input, whose channels are not padded.
  func shape(height: Int, width: Int, outStride: Int) -> ConvolutionShape {
    ConvolutionShape(
      height: height, width: width, inChannels: inputChannels, inStride: inputChannels,
      outChannels: padded(outputChannels),
      outStride: outStride, kernel: kernelSize, stride: stride, padding: padding)
  }
}

extension ConvolutionEngine {
  /// Sets the gradients of a layer's parameters, and writes the input's where there is a target.
  /// - Returns: Σdz and Σdz·(x − mean) of every padded input channel; empty without an input gradient.
  func backward(
    _ shape: ConvolutionShape, of layer: any Convolving, outputGradient: UnfinishedGradient, input: MapSlice,
    affine: Affine?, inputGradient target: InputGradientTarget?, images: Int, device: Device
  ) -> [Double] {
    let sums = backward(
      shape, weight: layer.weight.value.storage, weightGradient: &layer.weight.gradient.storage,
      hasBias: layer.bias != nil, outputGradient: outputGradient, input: input, affine: affine, inputGradient: target,
      images: images, device: device)
    if let bias = layer.bias {
      for (k, sum) in sums.bias.enumerated() { bias.gradient.storage[k] = Float(sum) }
    }
    return sums.input
  }
}
