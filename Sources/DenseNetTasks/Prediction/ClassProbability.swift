package import DenseNets

/// How probable a network finds a class.
public struct ClassProbability: Sendable, Equatable {
  public let name: String
  /// The class's place among the logits.
  public let index: Int
  /// 0…1; those of all classes sum to 1, unless an image has several labels.
  public let probability: Double
  /// Of one of several labels, whether the image is said to have it; nil for classes.
  public var decision: Bool?
  /// Of one of several labels, the probability from which on an image is said to have it.
  public var threshold: Double?

  /// - Parameter threshold: nil: of a class.
  init(name: String, index: Int, probability: Double, threshold: Double? = nil) {
    (self.name, self.index, self.probability, self.threshold) = (name, index, probability, threshold)
    decision = threshold.map { probability >= $0 }
  }

  /// The most probable classes of each image, the most probable first; of equal ones the first.
  /// - Parameters:
  ///   - logits: `[N, classes]`.
  ///   - thresholds: where an image has several labels: the probability of each from which on it is said to have it. All
  ///     labels are returned then.
  ///   - names: of the classes.
  ///   - count: how many per image.
  ///   - source: the file of the weights, for messages.
  ///   - images: what each row is of, for messages.
  /// - Throws: `Failure(.invalidData)` where a logit is not finite.
  package static func top(
    _ count: Int, of logits: Tensor, thresholds: [Double]? = nil, names: [String], source: String, images: [String]
  ) throws -> [[ClassProbability]] {
    let (classes, values) = (logits.shape[1], logits.values)
    for (n, image) in images.enumerated() {
      guard values[n * classes..<(n + 1) * classes].allSatisfy(\.isFinite) else {
        throw Failure(
          .invalidData, "\(source): the logits for \(image) are not finite; check the weights and the normalisation",
          settings: ["mean", "std"])
      }
    }
    let rows = thresholds == nil ? logits.softmaxRows() : logits.sigmoidRows()
    return rows.enumerated().map { n, probabilities in
      // By logits, since probabilities may be equal by rounding where these are not.
      let row = values[n * classes..<(n + 1) * classes].map(Double.init)
      let order = row.indices.sorted { row[$0] == row[$1] ? $0 < $1 : row[$0] > row[$1] }
      return order.prefix(thresholds?.count ?? count).map { index in
        ClassProbability(
          name: names[index], index: index, probability: probabilities[index],
          threshold: thresholds?[index])
      }
    }
  }
}
