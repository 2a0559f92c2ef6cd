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

  /// What it remembers of past gradients: by name, a row for each parameter in the order of the groups.
  var memory: [OptimizerState] { get }
  /// Goes on from what another one of its kind, over parameters of the same shapes, remembered after `steps` updates.
  /// - Throws: ``Failure`` of kind `invalidData` where the memory is not such a one's.
  func restore(steps: Int, memory: [OptimizerState]) throws(Failure)
}

/// One kind of number that an optimizer keeps for each value of each parameter.
public struct OptimizerState: Sendable, Equatable {
  /// PyTorch's name of it, such as `momentum_buffer`.
  public let name: String
  /// Of each parameter, in the order of the groups.
  public var values: [[Float]]

  public init(name: String, values: [[Float]]) {
    self.name = name
    self.values = values
  }
}

/// Parameters that are updated alike.
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
  /// Of all groups.
  public var parameters: [Parameter] { groups.flatMap(\.parameters) }

  /// Takes over remembered values, once they are known to be of these names and of the parameters' shapes.
  func checked(_ memory: [OptimizerState], names: [String], steps: Int) throws(Failure) -> [[[Float]]] {
    let counts = parameters.map(\.count)
    guard steps >= 0, memory.map(\.name) == names, memory.allSatisfy({ $0.values.map(\.count) == counts }) else {
      throw Failure(
        .invalidData,
        "the optimizer's memory: expected \(names.joined(separator: ", ")) of \(counts.count) parameters, found \(memory.map { "\($0.name) of \($0.values.count)" }.joined(separator: ", ")); it is another optimizer's or another network's"
      )
    }
    return memory.map(\.values)
  }
}
