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
  ///   - network: gives logits `[N, classes]` for images.
  /// - Returns: `[N, classes]`: the network's own logits for one look, else the logarithms of the mean probabilities,
  ///   whose softmax these are.
  public func logits(_ images: Tensor, _ network: (Tensor) throws -> Tensor) rethrows -> Tensor {
    switch self {
    case .none: try network(images)
    case .flip: logMeanProbabilities(try network(images), try network(images.mirrored()))
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
