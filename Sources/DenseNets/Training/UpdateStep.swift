/// One update of a model, from the gradients of one batch or of several: accumulated, joined with those of replicas,
/// clipped, and taken by the optimizer and the average.
struct UpdateStep {
  let model: any Layer
  let optimizer: any Optimizer
  var average: ExponentialMovingAverage?
  var reducer: (any GradientReducer)?
  private var accumulator = GradientAccumulator()

  init(
    model: any Layer, optimizer: any Optimizer, average: ExponentialMovingAverage? = nil,
    reducer: (any GradientReducer)? = nil
  ) {
    (self.model, self.optimizer, self.average, self.reducer) = (model, optimizer, average, reducer)
  }

  /// What a batch is of its update.
  enum Role {
    case whole
    case part
    case lastPart
  }

  /// The backward pass of a batch, after which its update may be finished, or has another batch to come.
  /// - Parameters:
  ///   - outputGradient: of the batch's mean loss, by the model's output.
  ///   - weight: what that mean counts for.
  /// - Throws: what the reducer throws.
  mutating func backward(_ outputGradient: Tensor, weight: Double, as role: Role) throws {
    if role == .whole && reducer == nil {
      _ = model.backward(outputGradient, needsInputGradient: false)
      return
    }
    if role != .whole { accumulator.begin(weight: weight) }
    let updateWeight = role == .whole ? weight : accumulator.weight
    var untold = Set(optimizer.parameters.map { ObjectIdentifier($0) })
    func finished(_ parameters: [Parameter]) throws {
      let part = parameters.filter { untold.remove(ObjectIdentifier($0)) != nil }
      guard !part.isEmpty else { return }
      if role != .whole { accumulator.add(part, weight: weight) }
      if role == .lastPart { accumulator.takeMeans(part) }
      if role != .part { try reducer?.ready(part, weight: updateWeight) }
    }
    _ = try model.backward(outputGradient, needsInputGradient: false, onGradients: finished)
    // Those that the pass does not reach: all replicas must tell the same.
    try finished(optimizer.parameters)
    if role == .lastPart { accumulator.end() }
  }

  /// Moves the parameters, after the backward pass of the update's last batch.
  /// - Parameters:
  ///   - clipNorm: the largest norm of all gradients together; nil: no limit.
  ///   - rates: nil: the optimizer's own.
  /// - Throws: what the reducer throws.
  func finish(clipNorm: Double? = nil, rates: (learningRate: Double, momentum: Double?)? = nil) throws {
    try reducer?.finish()
    if let clipNorm { GradientClipping.clip(optimizer.parameters, toNorm: clipNorm) }
    if let rates {
      optimizer.learningRate = rates.learningRate
      if let momentum = rates.momentum { optimizer.momentum = momentum }
    }
    optimizer.step()
    average?.update()
  }

  /// Forgets batches whose update was not finished.
  mutating func reset() { accumulator = GradientAccumulator() }

  /// - Parameters:
  ///   - step: updates so far.
  ///   - remedy: what else to try than a smaller learning rate.
  static func requireFinite(loss: Double, step: Int, remedy: String = "") throws(Failure) {
    guard !loss.isFinite else { return }
    throw Failure(
      .invalidData,
      "the loss is \(loss.isNaN ? "NaN" : "infinite") at step \(step + 1): training diverged; use a smaller learning rate\(remedy)"
    )
  }
}
