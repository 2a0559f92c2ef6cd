/// Some of a dataset's images, ready for a network, and their classes.
public struct LabeledBatch: Sendable {
  /// `[N, C, H, W]`.
  public let images: Tensor
  /// `[N]`.
  public let labels: [Int32]

  public init(images: Tensor, labels: [Int32]) {
    self.images = images
    self.labels = labels
  }

  public var count: Int { labels.count }
}
