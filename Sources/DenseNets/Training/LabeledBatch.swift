/// Images of a dataset, ready for a network, with their classes.
public struct LabeledBatch: Sendable {
  /// `[N, C, H, W]`.
  public let images: Tensor
  /// `[N]`: the class of each image; for a mixture, that of its larger part.
  public let labels: [Int32]
  /// `[N, classes]`: the probability of every class, where images are mixtures (mixup); nil: only the labels count.
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
