/// `y = x·Wᵀ + b`, as `torch.nn.Linear`.
///
/// - x: `[N, inFeatures]`
/// - weight: `[outFeatures, inFeatures]`
/// - result: `[N, outFeatures]`
public final class Linear: Layer, Convolving {
  public let inFeatures: Int
  public let outFeatures: Int
  public let weight: Parameter
  public let bias: Parameter?
  /// The same arithmetic, on maps of one pixel.
  private lazy var convolution = PlainConvolution(self)

  /// - Parameter initialization: how weights start, PyTorch's way where nothing is said; nil: with zeros, to be loaded.
  public init(
    _ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, initialization: Initialization? = .pytorch
  ) {
    precondition(inFeatures > 0 && outFeatures > 0, "features must be positive")
    (self.inFeatures, self.outFeatures) = (inFeatures, outFeatures)
    weight = Parameter(zeros: [outFeatures, inFeatures])
    self.bias = bias ? Parameter(zeros: [outFeatures]) : nil
    if let initialization { initialize(initialization, seed: .random(in: 0...UInt64.max)) }
  }

  var inChannels: Int { inFeatures }
  var outChannels: Int { outFeatures }
  var kernelSize: Extent { 1 }
  var stride: Extent { 1 }
  var padding: Extent { 0 }

  public var ownParameters: [(name: String, parameter: Parameter)] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    guard shape.count == 2, shape[1] == inFeatures else {
      throw Failure(.usage, "Linear: expected input [N, \(inFeatures)], found \(shape)")
    }
    return [shape[0], outFeatures]
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int { try outputShape(shape).reduce(1, *) * inFeatures }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    precondition(
      x.rank == 2 && x.shape[1] == inFeatures && x.count > 0, "Linear: expected [N, \(inFeatures)], found \(x.shape)")
    return convolution.forward(x.reshaped([x.shape[0], inFeatures, 1, 1]), mode: mode).reshaped([
      x.shape[0], outFeatures,
    ])
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    let images = outputGradient.shape[0]
    return convolution.backward(
      outputGradient.reshaped([images, outFeatures, 1, 1]), needsInputGradient: needsInputGradient)?
      .reshaped([images, inFeatures])
  }
}
