/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW`: each step multiplies w by
/// 1 − learningRate·weightDecay before Adam's update, instead of adding weightDecay·w to the gradient.
public final class AdamW: Adam {
  /// - Parameter betas: β₁ and β₂, each in 0..<1.
  public init(
    groups: [ParameterGroup], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8
  ) {
    super.init(groups: groups, learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecayIsDecoupled: true)
  }

  public convenience init(
    _ model: any Layer, learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2
  ) {
    self.init(
      groups: [ParameterGroup(model.namedParameters.map(\.parameter), weightDecay: weightDecay)],
      learningRate: learningRate, betas: betas, epsilon: epsilon)
  }
}
