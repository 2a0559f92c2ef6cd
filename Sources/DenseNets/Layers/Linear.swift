/// `y = x·Wᵀ + b`, as `torch.nn.Linear`.
///
/// - x: `[N, inputFeatures]`
/// - weight: `[outputFeatures, inputFeatures]`
/// - result: `[N, outputFeatures]`
public final class Linear: Layer, Convolving {
  public let inputFeatures: Int
  public let outputFeatures: Int
  public let weight: Parameter
  public let bias: Parameter?
  /// The same arithmetic, on maps of one pixel.
  private lazy var convolution = PlainConvolution(self)

  /// - Parameter initialization: how weights are initialized, by default as in PyTorch; nil: zeros, to be loaded.
  public init(
    _ inputFeatures: Int, _ outputFeatures: Int, bias: Bool = true, initialization: Initialization? = .pytorch
  ) {
    precondition(inputFeatures > 0 && outputFeatures > 0, "features must be positive")
    (self.inputFeatures, self.outputFeatures) = (inputFeatures, outputFeatures)
    weight = Parameter(zeros: [outputFeatures, inputFeatures])
    self.bias = bias ? Parameter(zeros: [outputFeatures]) : nil
    if let initialization { initialize(initialization, seed: .random(in: 0...UInt64.max)) }
  }

  var inputChannels: Int { inputFeatures }
  var outputChannels: Int { outputFeatures }
  var kernelSize: Extent { 1 }
  var stride: Extent { 1 }
  var padding: Extent { 0 }

  @available(*, deprecated, renamed: "inputFeatures")
  public var inFeatures: Int { inputFeatures }
  @available(*, deprecated, renamed: "outputFeatures")
  public var outFeatures: Int { outputFeatures }

  public var ownParameters: [(name: String, parameter: Parameter)] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    guard shape.count == 2, shape[1] == inputFeatures else {
      throw Failure(.usage, "Linear: expected input [N, \(inputFeatures)], found \(shape)")
    }
    return [shape[0], outputFeatures]
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int { try outputShape(shape).reduce(1, *) * inputFeatures }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    precondition(
      x.rank == 2 && x.shape[1] == inputFeatures && x.count > 0,
      "Linear: expected [N, \(inputFeatures)], found \(x.shape)")
    return convolution.forward(x.reshaped([x.shape[0], inputFeatures, 1, 1]), mode: mode).reshaped([
      x.shape[0], outputFeatures,
    ])
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    let images = outputGradient.shape[0]
    return convolution.backward(
      outputGradient.reshaped([images, outputFeatures, 1, 1]), needsInputGradient: needsInputGradient)?
      .reshaped([images, inputFeatures])
  }
}
