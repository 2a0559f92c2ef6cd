public import DenseNets

/// Images and their classes with random access, in memory or in files.
public protocol LabeledImages: Sendable {
  /// A short name, such as `fashion-mnist`.
  var name: String { get }
  /// The name of every class; the label is the index.
  var classNames: [String] { get }
  /// The class of every image: `[N]`, each in `0..<classNames.count`; 0 where there is a ``LabeledImages/labelMatrix``.
  var labels: [Int32] { get }
  /// What is known of every image's labels, whose names are ``classNames``; nil: each image has one class.
  var labelMatrix: LabelMatrix? { get }
  /// 1 where all images are grey, else 3.
  var channels: Int { get }
  /// Distinguishes these images from others when a run is resumed: their number, their classes, and a hash of labels
  /// and content; for files, of paths and sizes.
  var fingerprint: String { get }

  /// One image, in grey or RGB. Any thread may call.
  /// - Throws: `Failure` that names the file, where it cannot be read.
  func image(at index: Int) throws(Failure) -> DecodedImage

  /// The file of each image: `[N]`, its path or, where a table lists it, what the table says; nil where the images are not
  /// in files of their own.
  var files: [String]? { get }

  /// At most `n` images for a quick look: the first ones, or where they are in files, sorted by class as folders are, as
  /// large a part of each class.
  func limited(to n: Int, seed: UInt64) -> Self

  /// Some of the images, in the order of the indices.
  func selecting(_ indices: [Int]) -> Self
}

extension LabeledImages {
  public var files: [String]? { nil }
  public var labelMatrix: LabelMatrix? { nil }

  /// The number of images.
  public var count: Int { labels.count }
  public var numClasses: Int { classNames.count }

  /// The first `n` images, or all of them where there are fewer.
  public func prefix(_ n: Int) -> Self {
    precondition(n >= 0, "a number of images must not be negative, found \(n)")
    return n >= count ? self : selecting(Array(0..<n))
  }

  public func limited(to n: Int, seed: UInt64) -> Self { prefix(n) }

  /// How many images each class has.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }
}
