/// Limits the norm of gradients between the backward pass and the update.
enum GradientClipping {
  /// Scales all gradients by one factor so that their norm is at most `limit`, as `torch.nn.utils.clip_grad_norm_`.
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
