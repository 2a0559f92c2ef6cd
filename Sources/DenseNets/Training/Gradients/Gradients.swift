/// What is done to gradients between the backward pass and the update.
enum Gradients {
  /// Scales all gradients together so that their norm is at most `limit`, as `torch.nn.utils.clip_grad_norm_`.
  /// - Returns: the norm before, √Σg².
  @discardableResult
  static func clip(_ parameters: [Parameter], toNorm limit: Double) -> Double {
    var sum = 0.0
    for parameter in parameters {
      var own = 0.0
      for g in parameter.gradient.storage { own += Double(g) * Double(g) }
      sum += own
    }
    let norm = sum.squareRoot()
    let factor = Float(limit / (norm + 1e-6))
    if factor < 1 { for parameter in parameters { scale(&parameter.gradient.storage, by: factor) } }
    return norm
  }

  private static func scale(_ values: inout [Float], by factor: Float) {
    for i in values.indices { values[i] *= factor }
  }
}

/// Sums gradients over several batches, so that one update sees them all while memory holds one.
struct GradientAccumulator {
  private var sums: [[Float]] = []
  private(set) var examples = 0

  /// Adds the parameters' gradients, which are of the mean over `count` examples.
  mutating func add(_ parameters: [Parameter], count: Int) {
    if sums.isEmpty { sums = parameters.map { [Float](repeating: 0, count: $0.count) } }
    for (index, parameter) in parameters.enumerated() {
      Self.add(&sums[index], parameter.gradient.storage, times: Float(count))
    }
    examples += count
  }

  /// Sets the parameters' gradients to those of the mean over all examples that were added, and begins anew.
  mutating func finish(_ parameters: [Parameter]) {
    let factor = 1 / Float(examples)
    for (index, parameter) in parameters.enumerated() {
      for i in sums[index].indices {
        parameter.gradient.storage[i] = sums[index][i] * factor
        sums[index][i] = 0
      }
    }
    examples = 0
  }

  private static func add(_ sums: inout [Float], _ values: [Float], times factor: Float) {
    for i in sums.indices { sums[i] += values[i] * factor }
  }
}
