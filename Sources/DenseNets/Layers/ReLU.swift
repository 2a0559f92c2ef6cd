/// `max(x, 0)`, as `torch.nn.ReLU`. Any shape.
public final class ReLU: Layer {
  private var saved: Tensor?

  public init() {}

  public func outputShape(_ shape: [Int]) throws -> [Int] { shape }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    if mode == .training { saved = x }
    return x.map { 0 > $0 ? 0 : $0 }  // NaN stays NaN
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    guard let x = saved else { preconditionFailure("ReLU: backward needs a training-mode forward first") }
    return outputGradient.zipped(with: x) { gradient, x in x > 0 ? gradient : 0 }
  }
}
