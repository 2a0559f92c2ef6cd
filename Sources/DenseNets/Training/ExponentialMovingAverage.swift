/// An exponential moving average of a model's state, which often classifies better than the state itself.
///
/// After update t, counted from 1: `average ← average + (1 − decay_t)·(state − average)` for parameters and running
/// statistics, as in timm's `ModelEmaV3`, with decay_t = min(decay, (1 + t)/(10 + t)), so that early averages do not
/// keep the random start (TensorFlow's `ExponentialMovingAverage`). Running statistics are better measured anew for the
/// averaged weights, see `statistics` of ``Trainer``'s `fit`.
public final class ExponentialMovingAverage {
  public let decay: Double
  /// Updates averaged so far.
  public private(set) var steps = 0
  private let state: [(name: String, parameter: Parameter)]
  private var averages: [[Float]]

  /// Starts from the model's present state.
  /// - Parameter decay: in 0..<1.
  public init(of model: any Layer, decay: Double) {
    precondition((0..<1).contains(decay), "decay must be in 0..<1, found \(decay)")
    self.decay = decay
    state = model.namedState
    averages = state.map { $0.parameter.value.storage }
  }

  /// Moves the average towards the model's state, after an update.
  public func update() {
    steps += 1
    let taken = Float(1 - min(decay, Double(1 + steps) / Double(10 + steps)))
    for (index, entry) in state.enumerated() {
      Self.approach(&averages[index], entry.parameter.value.storage, by: taken)
    }
  }

  /// Exchanges the model's state and the average; calling it twice restores the original.
  public func swap() {
    for (index, entry) in state.enumerated() {
      let own = entry.parameter.value.storage
      entry.parameter.value.storage = averages[index]
      averages[index] = own
    }
  }

  /// The average, with the names of the model's state.
  public var values: [(name: String, tensor: Tensor)] {
    zip(state, averages).map { ($0.name, Tensor(shape: $0.parameter.shape, storage: $1)) }
  }

  /// Continues from an average of `steps` updates.
  /// - Precondition: a tensor of the parameter's shape for every name of the model's state.
  public func restore(steps: Int, values: [String: Tensor]) {
    averages = state.map { entry in
      guard let tensor = values[entry.name], tensor.shape == entry.parameter.shape else {
        preconditionFailure("no average of \(entry.name)")
      }
      return tensor.storage
    }
    self.steps = steps
  }

  private static func approach(_ average: inout [Float], _ value: [Float], by part: Float) {
    for i in average.indices { average[i] += part * (value[i] - average[i]) }
  }
}
