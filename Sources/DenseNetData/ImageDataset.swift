/// Labelled images of one size, in memory.
public struct ImageDataset: Sendable {
  /// The name that a command line calls it by, such as `fashion-mnist`.
  public let name: String
  /// The name of every class; the label is the index.
  public let classNames: [String]
  public let height: Int
  public let width: Int
  /// 1 for grey images, 3 for RGB.
  public let channels: Int
  /// The pixels, 0 to 255: `[N, height, width, channels]`.
  public let pixels: [UInt8]
  /// The class of every image: `[N]`, each in `0..<classNames.count`.
  public let labels: [Int32]

  /// - Precondition: there are `height · width · channels` pixels for each label, and each label names a class.
  public init(
    name: String, classNames: [String], height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [Int32]
  ) {
    precondition(
      height > 0 && width > 0 && channels > 0, "an image must have pixels, found \(height)x\(width)x\(channels)")
    precondition(
      pixels.count == labels.count * height * width * channels,
      "\(labels.count) images of \(height)x\(width)x\(channels) need \(labels.count * height * width * channels) pixels, "
        + "found \(pixels.count)")
    precondition(
      labels.allSatisfy { classNames.indices.contains(Int($0)) }, "labels must be in 0..<\(classNames.count)")
    self.name = name
    self.classNames = classNames
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
    self.labels = labels
  }

  /// The number of images.
  public var count: Int { labels.count }
  public var numClasses: Int { classNames.count }

  /// The first `n` images, or all of them where there are fewer.
  public func prefix(_ n: Int) -> ImageDataset {
    precondition(n >= 0, "a number of images must not be negative, found \(n)")
    if n >= count { return self }
    return ImageDataset(
      name: name, classNames: classNames, height: height, width: width, channels: channels,
      pixels: Array(pixels[..<(n * height * width * channels)]), labels: Array(labels[..<n]))
  }
}

/// A dataset's training and test images, and where they came from.
public struct DatasetSplits: Sendable {
  public let train: ImageDataset
  public let test: ImageDataset
  /// Where the images came from, for a person to read: `Fashion-MNIST from /data/fashion-mnist`.
  public let origin: String
  /// What the user should know before trusting a result, a line each: content that is not the published one, or the
  /// sample that stands in for the full set.
  public let warnings: [String]

  public init(train: ImageDataset, test: ImageDataset, origin: String, warnings: [String] = []) {
    self.train = train
    self.test = test
    self.origin = origin
    self.warnings = warnings
  }
}
