/// Stochastic gradient descent, as `torch.optim.SGD` defines it:
///
/// g ← g + weightDecay·w; v ← momentum·v + (1 − dampening)·g, and v ← g at first; g ← g + momentum·v with Nesterov,
/// else v; w ← w − learningRate·g.
public final class SGD {
  public var learningRate: Float
  public let momentum: Float
  public let dampening: Float
  public let weightDecay: Float
  public let nesterov: Bool
  private let parameters: [Parameter]
  private var velocities: [[Float]] = []

  /// - Precondition: Nesterov needs a momentum and no dampening.
  public init(
    _ parameters: [Parameter], learningRate: Float, momentum: Float = 0, dampening: Float = 0, weightDecay: Float = 0,
    nesterov: Bool = false
  ) {
    precondition(learningRate >= 0 && momentum >= 0 && weightDecay >= 0, "rates must not be negative")
    precondition(!nesterov || (momentum > 0 && dampening == 0), "Nesterov needs a momentum and no dampening")
    (self.parameters, self.learningRate) = (parameters, learningRate)
    (self.momentum, self.dampening, self.weightDecay) = (momentum, dampening, weightDecay)
    self.nesterov = nesterov
  }

  public convenience init(
    _ model: any Layer, learningRate: Float, momentum: Float = 0, weightDecay: Float = 0, nesterov: Bool = false
  ) {
    self.init(
      model.namedParameters.map(\.parameter), learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
      nesterov: nesterov)
  }

  /// Moves every parameter along its gradient.
  public func step() {
    let isFirst = velocities.isEmpty
    if isFirst {
      velocities = parameters.map { momentum == 0 ? [] : [Float](repeating: 0, count: $0.count) }
    }
    let options = SGDKernelOptions(
      learningRate: learningRate, momentum: momentum, dampening: dampening, weightDecay: weightDecay,
      nesterov: nesterov, isFirst: isFirst)
    let kernels = Device.current.kernels
    for (index, parameter) in parameters.enumerated() {
      kernels.sgdStep(
        &parameter.value.storage, velocity: &velocities[index], gradient: parameter.gradient.storage, options)
    }
  }
}
