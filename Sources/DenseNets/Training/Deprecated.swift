// Names of earlier releases.

@available(*, deprecated, renamed: "OptimizerState")
public typealias OptimizerMemory = OptimizerState

@available(*, deprecated, renamed: "ExponentialMovingAverage")
public typealias WeightAverage = ExponentialMovingAverage

extension Optimizer {
  @available(*, deprecated, renamed: "state")
  public var memory: [OptimizerState] { state }

  @available(*, deprecated, renamed: "restore(steps:state:)")
  public func restore(steps: Int, memory: [OptimizerState]) throws(Failure) {
    try restore(steps: steps, state: memory)
  }
}

extension Adam {
  @available(*, deprecated, message: "use Adam or AdamW")
  public convenience init(
    groups: [ParameterGroup], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, decoupledWeightDecay: Bool
  ) {
    self.init(
      groups: groups, learningRate: learningRate, betas: betas, epsilon: epsilon,
      weightDecayIsDecoupled: decoupledWeightDecay)
  }

  @available(*, deprecated, message: "use Adam or AdamW")
  public convenience init(
    _ model: any Layer, learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0, decoupledWeightDecay: Bool
  ) {
    self.init(
      groups: [ParameterGroup(model.namedParameters.map(\.parameter), weightDecay: weightDecay)],
      learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecayIsDecoupled: decoupledWeightDecay)
  }

  /// Whether weight decay is AdamW's.
  @available(*, deprecated, message: "use AdamW")
  public var decoupledWeightDecay: Bool { weightDecayIsDecoupled }
}
