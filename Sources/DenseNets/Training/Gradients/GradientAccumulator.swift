/// Sums gradients over several batches, so that one update sees them all while memory holds one batch.
///
/// Each batch's gradients are those of a mean that counts for a weight: its images, the sum of their class
/// weights, or the number of their known labels.
/// What comes out are the gradients of the mean over all batches, as of one large batch.
struct GradientAccumulator {
  private var sums: [ObjectIdentifier: [Float]] = [:]
  /// Of all batches since the last update.
  private(set) var weight = 0.0

  /// Counts a batch, before its gradients are added.
  mutating func begin(weight: Double) { self.weight += weight }

  /// Adds the gradients of a batch.
  /// - Parameter weight: what their mean counts for.
  mutating func add(_ parameters: [Parameter], weight: Double) {
    for parameter in parameters {
      Self.add(
        &sums[ObjectIdentifier(parameter), default: [Float](repeating: 0, count: parameter.count)],
        parameter.gradient.storage, times: Float(weight))
    }
  }

  /// Sets gradients to those of the mean over all batches, and their sums to zero.
  mutating func takeMeans(_ parameters: [Parameter]) {
    // Batches that count for nothing move nothing.
    let factor = weight > 0 ? 1 / Float(weight) : 0
    for parameter in parameters {
      Self.take(&sums[ObjectIdentifier(parameter)]!, times: factor, into: &parameter.gradient.storage)
    }
  }

  /// The update is over, and each parameter's sum was taken.
  mutating func end() { weight = 0 }

  private static func add(_ sums: inout [Float], _ values: [Float], times factor: Float) {
    for i in sums.indices { sums[i] += values[i] * factor }
  }

  private static func take(_ sums: inout [Float], times factor: Float, into values: inout [Float]) {
    for i in sums.indices {
      values[i] = sums[i] * factor
      sums[i] = 0
    }
  }
}
