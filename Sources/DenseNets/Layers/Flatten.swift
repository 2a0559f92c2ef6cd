/// `[N, C, H, W]` to `[N, C·H·W]`, as `torch.nn.Flatten`.
public final class Flatten: Layer {
  private var saved: [Int] = []

  public init() {}

  public func outputShape(_ shape: [Int]) throws -> [Int] { [shape[0], shape.dropFirst().reduce(1, *)] }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    if mode == .training { saved = x.shape }
    return x.reshaped([x.shape[0], x.shape.dropFirst().reduce(1, *)])
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    outputGradient.reshaped(saved)
  }
}
