/// Images of a dataset, ready for a network, with their classes, or with several labels each.
public struct LabeledBatch: Sendable {
  /// `[N, C, H, W]`.
  public let images: Tensor
  /// `[N]`: the class of each image; for a mixture, that of its larger part. Empty where images have several labels.
  public let labels: [Int32]
  /// `[N, classes]`: the probability of every class, where images are mixtures (mixup, CutMix); nil: only the labels count.
  ///
  /// With several labels, `[N, labels]`: 1 where an image has the label, 0 where it has not, and between them for a
  /// mixture.
  public let targets: Tensor?
  /// `[N, labels]`: what each target counts for, 0 where it is not known; nil: images have one class.
  public let mask: Tensor?
  /// Which part of a batch this is, where replicas share it.
  package var part: Part?

  /// A replica's part of a batch.
  package struct Part: Sendable, Equatable {
    /// The images of the whole batch.
    package let wholeCount: Int
    /// Where the part begins in it.
    package let first: Int
    /// Whether the part is empty, and the image is one of another's, so that there is something to compute with.
    package let isStandIn: Bool

    package init(wholeCount: Int, first: Int, isStandIn: Bool) {
      (self.wholeCount, self.first, self.isStandIn) = (wholeCount, first, isStandIn)
    }
  }

  /// - Precondition: there is a label, and a row of targets if any, for each image.
  public init(images: Tensor, labels: [Int32], targets: Tensor? = nil) {
    precondition(
      images.shape.first == labels.count && targets?.shape.first ?? labels.count == labels.count,
      "expected \(labels.count) images and rows of targets, found \(images.shape) and \(targets?.shape ?? [])")
    self.images = images
    self.labels = labels
    self.targets = targets
    mask = nil
  }

  /// Images with several labels each.
  /// - Precondition: both have a row for each image, and are of one shape.
  public init(images: Tensor, targets: Tensor, mask: Tensor) {
    precondition(
      targets.rank == 2 && images.shape.first == targets.shape[0] && targets.shape == mask.shape,
      "expected a row of targets and mask for each image, found \(images.shape), \(targets.shape) and \(mask.shape)")
    (self.images, self.targets, self.mask) = (images, targets, mask)
    labels = []
  }

  public var count: Int { mask?.shape[0] ?? labels.count }
  /// The images of all replicas' parts.
  package var wholeCount: Int { part?.wholeCount ?? count }
}

extension LabeledBatch {
  /// The images of a rank's part of a batch of `count` images.
  package static func images(of rank: Int, of ranks: Int, count: Int) -> Range<Int> {
    BatchShare.part(rank, of: ranks, count: count)
  }
}
