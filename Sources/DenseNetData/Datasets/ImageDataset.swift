/// Labelled images of one size, in memory.
public struct ImageDataset: LabeledImages {
  public let name: String
  public let classNames: [String]
  public let height: Int
  public let width: Int
  /// 1 for grey images, 3 for RGB.
  public let channels: Int
  /// The pixels, 0 to 255: `[N, height, width, channels]`.
  public let pixels: [UInt8]
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

  public func image(at index: Int) -> DecodedImage {
    let each = height * width * channels
    return DecodedImage(
      width: width, height: height, channels: channels, pixels: Array(pixels[index * each..<(index + 1) * each]))
  }

  public func selecting(_ indices: [Int]) -> ImageDataset {
    let each = height * width * channels
    return ImageDataset(
      name: name, classNames: classNames, height: height, width: width, channels: channels,
      pixels: indices.flatMap { pixels[$0 * each..<($0 + 1) * each] }, labels: indices.map { labels[$0] })
  }

  public var fingerprint: String {
    var hash = ContentHash()
    for name in classNames { hash.combine(name) }
    hash.combine(labels.map { UInt8(truncatingIfNeeded: $0) })
    hash.combine(pixels)
    return "\(name): \(count) images of \(height)x\(width)x\(channels), \(numClasses) classes, \(hash.hexadecimal)"
  }
}
