/// 2-D convolution (cross-correlation), as `torch.nn.Conv2d`.
///
/// - x: `[N, inputChannels, H, W]`
/// - weight: `[outputChannels, inputChannels, kernel height, kernel width]`
/// - result: `[N, outputChannels, ⌊(H + 2·padding − kernel) / stride⌋ + 1, …]`
public final class Conv2d: Layer, Convolving {
  public let inputChannels: Int
  public let outputChannels: Int
  public let kernelSize: Extent
  public let stride: Extent
  public let padding: Extent
  public let weight: Parameter
  public let bias: Parameter?
  private lazy var convolution = PlainConvolution(self)

  /// - Parameter initialization: how weights are initialized, by default as in PyTorch; nil: zeros, to be loaded.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Extent, stride: Extent = 1, padding: Extent = 0,
    bias: Bool = true, initialization: Initialization? = .pytorch
  ) {
    precondition(inputChannels > 0 && outputChannels > 0, "channels must be positive")
    precondition(kernelSize.height > 0 && kernelSize.width > 0, "the kernel must be positive, found \(kernelSize)")
    precondition(stride.height > 0 && stride.width > 0, "the stride must be positive, found \(stride)")
    precondition(padding.height >= 0 && padding.width >= 0, "the padding must not be negative, found \(padding)")
    (self.inputChannels, self.outputChannels) = (inputChannels, outputChannels)
    (self.kernelSize, self.stride, self.padding) = (kernelSize, stride, padding)
    weight = Parameter(zeros: [outputChannels, inputChannels, kernelSize.height, kernelSize.width])
    self.bias = bias ? Parameter(zeros: [outputChannels]) : nil
    if let initialization { initialize(initialization, seed: .random(in: 0...UInt64.max)) }
  }

  @available(*, deprecated, renamed: "inputChannels")
  public var inChannels: Int { inputChannels }
  @available(*, deprecated, renamed: "outputChannels")
  public var outChannels: Int { outputChannels }

  public var ownParameters: [(name: String, parameter: Parameter)] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  /// The output's size for an input of `size`, in pixels; 0 where the input is too small.
  package func outputSize(_ size: Extent) -> Extent {
    func side(_ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
      input + 2 * padding < kernel ? 0 : (input + 2 * padding - kernel) / stride + 1
    }
    return Extent(
      side(size.height, kernelSize.height, stride.height, padding.height),
      side(size.width, kernelSize.width, stride.width, padding.width))
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: inputChannels, outputChannels: outputChannels, layer: "Conv2d", size: outputSize)
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int {
    try outputShape(shape).reduce(1, *) * inputChannels * kernelSize.area
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: inputChannels, layer: "Conv2d")
    return convolution.forward(x, mode: mode)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    convolution.backward(outputGradient, needsInputGradient: needsInputGradient)
  }
}
