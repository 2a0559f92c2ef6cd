internal import Foundation

/// Adam (Kingma and Ba 2015), as `torch.optim.Adam` defines it.
///
/// With step t from 1: m ← m + (1 − β₁)(g − m), v ← β₂·v + (1 − β₂)·g²,
/// w ← w − learningRate·m/(1 − β₁ᵗ) / (√v/√(1 − β₂ᵗ) + ε). Weight decay adds weightDecay·w to g first; ``AdamW``
/// decouples it.
public class Adam: Optimizer {
  public let groups: [ParameterGroup]
  public var learningRate: Double
  /// β₁.
  public var momentum: Double
  public let beta2: Double
  public let epsilon: Double
  let weightDecayIsDecoupled: Bool
  public private(set) var steps = 0
  private var means: [[Float]] = []
  private var squares: [[Float]] = []

  init(
    groups: [ParameterGroup], learningRate: Double, betas: (Double, Double), epsilon: Double,
    weightDecayIsDecoupled: Bool
  ) {
    precondition(learningRate >= 0 && epsilon >= 0, "rates must not be negative")
    precondition((0..<1).contains(betas.0) && (0..<1).contains(betas.1), "betas must be in 0..<1, found \(betas)")
    (self.groups, self.learningRate, self.epsilon) = (groups, learningRate, epsilon)
    (momentum, beta2) = betas
    self.weightDecayIsDecoupled = weightDecayIsDecoupled
  }

  /// - Parameter betas: β₁ and β₂, each in 0..<1.
  public convenience init(
    groups: [ParameterGroup], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8
  ) {
    self.init(
      groups: groups, learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecayIsDecoupled: false)
  }

  public convenience init(
    _ model: any Layer, learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    self.init(
      groups: [ParameterGroup(model.namedParameters.map(\.parameter), weightDecay: weightDecay)],
      learningRate: learningRate, betas: betas, epsilon: epsilon)
  }

  public func step() {
    if means.isEmpty {
      means = parameters.map { [Float](repeating: 0, count: $0.count) }
      squares = means
    }
    steps += 1
    let device = Device.current
    var index = 0
    for group in groups {
      let rate = learningRate * group.learningRateScale
      let options = AdamKernelOptions(
        stepSize: Float(rate / (1 - pow(momentum, Double(steps)))), newMean: Float(1 - momentum),
        keptSquare: Float(beta2), newSquare: Float(1 - beta2),
        squareScale: Float((1 - pow(beta2, Double(steps))).squareRoot()), epsilon: Float(epsilon),
        weightDecay: Float(weightDecayIsDecoupled ? 0 : group.weightDecay),
        shrink: Float(weightDecayIsDecoupled ? 1 - rate * group.weightDecay : 1))
      for parameter in group.parameters {
        device.adamStep(
          &parameter.value.storage, mean: &means[index], square: &squares[index],
          gradient: parameter.gradient.storage, options)
        index += 1
      }
    }
  }

  /// `exp_avg` and `exp_avg_sq`; none before the first step.
  public var state: [OptimizerState] {
    means.isEmpty
      ? [] : [OptimizerState(name: "exp_avg", values: means), OptimizerState(name: "exp_avg_sq", values: squares)]
  }

  public func restore(steps: Int, state: [OptimizerState]) throws(Failure) {
    let values = try checked(state, names: steps > 0 ? ["exp_avg", "exp_avg_sq"] : [], steps: steps)
    (means, squares) = values.isEmpty ? ([], []) : (values[0], values[1])
    self.steps = steps
  }
}
