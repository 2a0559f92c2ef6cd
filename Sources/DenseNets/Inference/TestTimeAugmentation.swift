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

extension Tensor {
  /// Images `[N, C, H, W]` with left and right exchanged.
  public func mirrored() -> Tensor {
    precondition(rank == 4, "images are of rank 4, found shape \(shape)")
    let (channels, width) = (shape[1], shape[3])
    var result = self
    for row in 0..<shape[0] * shape[2] {
      for x in 0..<width {
        let (target, source) = ((row * width + x) * channels, (row * width + width - 1 - x) * channels)
        for c in 0..<channels { result.storage[target + c] = storage[source + c] }
      }
    }
    return result
  }
}

/// log((softmax(a) + softmax(b)) / 2), row by row.
private func logMeanProbabilities(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape == b.shape && a.rank == 2, "expected logits of one shape, found \(a.shape) and \(b.shape)")
  let classes = a.shape[1]
  func logProbabilities(_ logits: Tensor, _ row: Int) -> [Double] {
    let values = logits.storage[row * classes..<(row + 1) * classes].map(Double.init)
    let greatest = values.max()!
    let sum = values.reduce(0) { $0 + exp($1 - greatest) }
    return values.map { $0 - greatest - log(sum) }
  }
  var result: [Float] = []
  for row in 0..<a.shape[0] {
    for (first, second) in zip(logProbabilities(a, row), logProbabilities(b, row)) {
      let greatest = max(first, second)
      result.append(Float(greatest + log((exp(first - greatest) + exp(second - greatest)) / 2)))
    }
  }
  return Tensor(shape: a.shape, values: result)
}
