/// Stochastic gradient descent, as `torch.optim.SGD` defines it:
///
/// g ← g + weightDecay·w; v ← momentum·v + (1 − dampening)·g, and v ← g at first; g ← g + momentum·v with Nesterov,
/// else v; w ← w − learningRate·g.
public final class SGD: Optimizer {
  public let groups: [ParameterGroup]
  public var learningRate: Double
  public var momentum: Double
  public let dampening: Double
  public let nesterov: Bool
  public private(set) var steps = 0
  private let keepsVelocity: Bool
  private var velocities: [[Float]] = []

  /// - Precondition: Nesterov needs a momentum and no dampening.
  public init(
    groups: [ParameterGroup], learningRate: Double, momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false
  ) {
    precondition(learningRate >= 0 && momentum >= 0, "rates must not be negative")
    precondition(!nesterov || (momentum > 0 && dampening == 0), "Nesterov needs a momentum and no dampening")
    (self.groups, self.learningRate, self.momentum) = (groups, learningRate, momentum)
    (self.dampening, self.nesterov) = (dampening, nesterov)
    keepsVelocity = momentum > 0
  }

  public convenience init(
    _ parameters: [Parameter], learningRate: Double, momentum: Double = 0, dampening: Double = 0,
    weightDecay: Double = 0, nesterov: Bool = false
  ) {
    self.init(
      groups: [ParameterGroup(parameters, weightDecay: weightDecay)], learningRate: learningRate, momentum: momentum,
      dampening: dampening, nesterov: nesterov)
  }

  public convenience init(
    _ model: any Layer, learningRate: Double, momentum: Double = 0, weightDecay: Double = 0, nesterov: Bool = false
  ) {
    self.init(
      model.namedParameters.map(\.parameter), learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
      nesterov: nesterov)
  }

  public func step() {
    let isFirst = velocities.isEmpty
    if isFirst { velocities = parameters.map { keepsVelocity ? [Float](repeating: 0, count: $0.count) : [] } }
    let device = Device.current
    var index = 0
    for group in groups {
      let options = SGDKernelOptions(
        learningRate: Float(learningRate * group.learningRateScale), momentum: Float(keepsVelocity ? momentum : 0),
        dampening: Float(dampening), weightDecay: Float(group.weightDecay), nesterov: nesterov, isFirst: isFirst)
      for parameter in group.parameters {
        device.sgdStep(
          &parameter.value.storage, velocity: &velocities[index], gradient: parameter.gradient.storage, options)
        index += 1
      }
    }
    steps += 1
  }

  /// `momentum_buffer`; none without momentum, nor before the first step.
  public var state: [OptimizerState] {
    keepsVelocity && !velocities.isEmpty ? [OptimizerState(name: "momentum_buffer", values: velocities)] : []
  }

  public func restore(steps: Int, state: [OptimizerState]) throws(Failure) {
    let values = try checked(state, names: keepsVelocity && steps > 0 ? ["momentum_buffer"] : [], steps: steps)
    velocities = values.first ?? (steps > 0 ? parameters.map { _ in [] } : [])
    self.steps = steps
  }
}
