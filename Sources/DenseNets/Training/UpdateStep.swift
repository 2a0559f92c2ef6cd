/// One update of a model, from the gradients of one batch or of several: accumulated, joined with those of replicas,
/// clipped, and taken by the optimizer and the average.
struct UpdateStep {
  let model: any Layer
  let optimizer: any Optimizer
  var average: ExponentialMovingAverage?
  private var buckets: GradientBuckets?
  private var accumulator = GradientAccumulator()
  /// What is averaged over replicas whose batch norms have their own statistics, and what this one's count for.
  private let runningStatistics: [Parameter]
  private var images = 0

  /// - Parameter sharesStatistics: whether replicas' batch norms have the whole batch's.
  init(
    model: any Layer, optimizer: any Optimizer, average: ExponentialMovingAverage? = nil,
    replicas: (any Replicas)? = nil, sharesStatistics: Bool = true
  ) {
    (self.model, self.optimizer, self.average) = (model, optimizer, average)
    buckets = replicas.map { GradientBuckets($0) }
    runningStatistics =
      replicas == nil || sharesStatistics
      ? [] : model.namedBatchNorms.flatMap { [$0.layer.runningMean, $0.layer.runningVariance] }
  }

  /// What a batch is of its update.
  enum Role {
    case whole
    case part
    case lastPart
  }

  /// The backward pass of a batch, after which its update may be finished, or has another batch to come.
  /// - Parameters:
  ///   - outputGradient: of the batch's mean loss, by the model's output; with replicas, of the part of it that is this
  ///     replica's.
  ///   - weight: what that mean counts for; with replicas, the whole batch's.
  ///   - images: what this replica's part of the batch has; 0: its gradients count for nothing.
  mutating func backward(_ outputGradient: Tensor, weight: Double, as role: Role, images: Int) {
    self.images = images
    if role == .whole && buckets == nil {
      _ = model.backward(outputGradient, needsInputGradient: false)
      return
    }
    if role != .whole { accumulator.begin(weight: weight) }
    var untold = Set(optimizer.parameters.map { ObjectIdentifier($0) })
    func finished(_ parameters: [Parameter]) {
      let part = parameters.filter { untold.remove(ObjectIdentifier($0)) != nil }
      guard !part.isEmpty else { return }
      if images == 0 { for parameter in part { parameter.gradient = .zeros(parameter.shape) } }
      if role != .whole { accumulator.add(part, weight: weight) }
      if role == .lastPart { accumulator.takeMeans(part) }
      if role != .part { buckets?.add(part) }
    }
    _ = model.backward(outputGradient, needsInputGradient: false, onGradients: finished)
    // Those that the pass does not reach: all replicas must tell the same.
    finished(optimizer.parameters)
    if role == .lastPart { accumulator.end() }
  }

  /// Moves the parameters, after the backward pass of the update's last batch.
  /// - Parameters:
  ///   - clipNorm: the largest norm of all gradients together; nil: no limit.
  ///   - rates: nil: the optimizer's own.
  mutating func finish(clipNorm: Double? = nil, rates: (learningRate: Double, momentum: Double?)? = nil) {
    buckets?.finish()
    joinStatistics(images: images)
    if let clipNorm { GradientClipping.clip(optimizer.parameters, toNorm: clipNorm) }
    if let rates {
      optimizer.learningRate = rates.learningRate
      if let momentum = rates.momentum { optimizer.momentum = momentum }
    }
    optimizer.step()
    average?.update()
  }

  /// Averages the running statistics of replicas whose batch norms have their own.
  /// - Parameter images: what this replica's part of the last batch has.
  func joinStatistics(images: Int) {
    if !runningStatistics.isEmpty { buckets?.average(runningStatistics, weight: Double(images)) }
  }

  /// Forgets batches whose update was not finished.
  mutating func reset() { accumulator = GradientAccumulator() }

  /// - Parameters:
  ///   - step: updates so far.
  ///   - place: the replica whose loss it is, as ` on rank 1 on node7`.
  ///   - remedy: what else to try than a smaller learning rate.
  static func requireFinite(loss: Double, step: Int, place: String = "", remedy: String = "") throws(Failure) {
    guard !loss.isFinite else { return }
    throw Failure(
      .invalidData,
      "the loss is \(loss.isNaN ? "NaN" : "infinite") at step \(step + 1)\(place): training diverged; use a smaller learning rate\(remedy)"
    )
  }
}
