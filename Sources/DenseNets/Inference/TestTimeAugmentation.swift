internal import Foundation

/// Several looks at each image, whose probabilities are averaged.
public enum TestTimeAugmentation: String, Sendable, CaseIterable {
  /// One look.
  case none
  /// The image and its mirror image.
  case flip

  /// What a network says of images, all looks taken together.
  /// - Parameters:
  ///   - images: `[N, C, H, W]`.
  ///   - activation: what makes probabilities of logits.
  ///   - network: gives logits `[N, classes]` for images.
  /// - Returns: `[N, classes]`: the network's own logits for one look, else those of the mean probabilities.
  public func logits(
    _ images: Tensor, activation: OutputActivation = .softmax, _ network: (Tensor) throws -> Tensor
  ) rethrows -> Tensor {
    switch (self, activation) {
    case (.none, _): try network(images)
    case (.flip, .softmax): logMeanProbabilities(try network(images), try network(images.mirrored()))
    case (.flip, .sigmoid): meanSigmoidLogits(try network(images), try network(images.mirrored()))
    }
  }
}

/// log((softmax(a) + softmax(b)) / 2), row by row.
private func logMeanProbabilities(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape == b.shape && a.rank == 2, "expected logits of one shape, found \(a.shape) and \(b.shape)")
  let values = zip(a.logSoftmaxRows(), b.logSoftmaxRows()).flatMap { first, second in
    zip(first, second).map { first, second in
      let greatest = max(first, second)
      return Float(greatest + log((exp(first - greatest) + exp(second - greatest)) / 2))
    }
  }
  return Tensor(shape: a.shape, values: values)
}

/// The logits of (σ(a) + σ(b)) / 2, element by element.
private func meanSigmoidLogits(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape == b.shape, "expected logits of one shape, found \(a.shape) and \(b.shape)")
  /// log(σ(x) + σ(y)), relative to the greater, so that a sum of small ones does not vanish.
  func logSum(_ x: Double, _ y: Double) -> Double {
    func logSigmoid(_ x: Double) -> Double { min(x, 0) - log1p(exp(-abs(x))) }
    let (p, q) = (logSigmoid(x), logSigmoid(y))
    let greatest = max(p, q)
    return greatest + log(exp(p - greatest) + exp(q - greatest))
  }
  return Tensor(
    shape: a.shape,
    storage: zip(a.storage, b.storage).map { first, second in
      let (x, y) = (Double(first), Double(second))
      return Float(logSum(x, y) - logSum(-x, -y))
    })
}
