/// Moves parameters along their gradients.
///
/// Learning rate and momentum may be changed between steps, as schedules do.
public protocol Optimizer: AnyObject {
  var groups: [ParameterGroup] { get }
  /// Of groups whose scale is 1.
  var learningRate: Double { get set }
  /// The weight of the past in the running mean of gradients: SGD's momentum, Adam's β₁.
  var momentum: Double { get set }
  /// Updates so far.
  var steps: Int { get }

  /// Moves every parameter.
  func step()

  /// What it keeps of past gradients, in an order of its own.
  var state: [OptimizerState] { get }
  /// Continues from the state of another optimizer of its kind, over parameters of the same shapes.
  /// - Parameters:
  ///   - steps: the other's updates.
  ///   - state: in the order of the other's ``state``.
  /// - Throws: ``Failure`` of kind `invalidData` where the state is another kind's, or of other shapes.
  func restore(steps: Int, state: [OptimizerState]) throws(Failure)
}

/// One kind of number that an optimizer keeps for each value of each parameter.
public struct OptimizerState: Sendable, Equatable {
  /// PyTorch's name for it, such as `momentum_buffer`.
  public let name: String
  /// For each parameter, in the order of the groups.
  public var values: [[Float]]

  public init(name: String, values: [[Float]]) {
    self.name = name
    self.values = values
  }
}

/// Parameters that share a learning rate and a weight decay.
public struct ParameterGroup {
  public let parameters: [Parameter]
  /// Its learning rate, in units of the optimizer's.
  public let learningRateScale: Double
  public let weightDecay: Double

  /// - Precondition: neither number is negative.
  public init(_ parameters: [Parameter], learningRateScale: Double = 1, weightDecay: Double = 0) {
    precondition(learningRateScale >= 0 && weightDecay >= 0, "rates must not be negative")
    self.parameters = parameters
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
  }
}

extension Optimizer {
  /// Those of all groups.
  public var parameters: [Parameter] { groups.flatMap(\.parameters) }

  /// The values of a state, once it is known to have these names and the parameters' shapes.
  func checked(_ state: [OptimizerState], names: [String], steps: Int) throws(Failure) -> [[[Float]]] {
    let counts = parameters.map(\.count)
    guard steps >= 0, state.map(\.name) == names, state.allSatisfy({ $0.values.map(\.count) == counts }) else {
      throw Failure(
        .invalidData,
        "the optimizer's state: expected \(names.joined(separator: ", ")) of \(counts.count) parameters, found \(state.map { "\($0.name) of \($0.values.count)" }.joined(separator: ", ")); it belongs to another optimizer or network"
      )
    }
    return state.map(\.values)
  }
}
