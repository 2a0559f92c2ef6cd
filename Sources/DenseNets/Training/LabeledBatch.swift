/// Some of a dataset's images, ready for a network, and what it should answer.
public struct LabeledBatch: Sendable {
  /// `[N, C, H, W]`.
  public let images: Tensor
  /// `[N]`: the class of each image; of a mixed one, that of its greater part.
  public let labels: [Int32]
  /// `[N, classes]`: the probability of every class, where images are mixtures (mixup); nil: the labels alone count.
  public let targets: Tensor?

  /// - Precondition: there is a label, and a row of targets if any, for each image.
  public init(images: Tensor, labels: [Int32], targets: Tensor? = nil) {
    precondition(
      images.shape.first == labels.count && targets?.shape.first ?? labels.count == labels.count,
      "expected \(labels.count) images and rows of targets, found \(images.shape) and \(targets?.shape ?? [])")
    self.images = images
    self.labels = labels
    self.targets = targets
  }

  public var count: Int { labels.count }
}
