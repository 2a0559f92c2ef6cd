public import DenseNets

/// How training images are augmented at random, in the order of torchvision's usual `Compose`: random-resized crop,
/// crop with padding, flips, rotation and colours on 8-bit values; then, on normalised values, erasing and cutout;
/// finally, mixup or CutMix of the batch.
///
/// Every operation is torchvision's on a Pillow image, bit for bit while values are of 8 bits. What is drawn for an
/// image depends on the seed, the epoch and the image's index alone, and for mixup and CutMix on the batch's number: not
/// on threads, nor on where an epoch is resumed.
public struct Augmentation: Codable, Sendable, Equatable {
  /// Black pixels that are added around an image of the network's input size before it is cropped to that size at a
  /// random place: `RandomCrop(size, padding)`. 0: none.
  public var cropPadding = 0
  /// The probability with which left and right are exchanged.
  public var horizontalFlip = 0.0
  /// Whether left and right are exchanged in every second epoch instead: for half of the images, chosen at random, in the
  /// first epoch, and for the other half in the next, so that two epochs show each image both ways. With a
  /// ``horizontalFlip`` of 0: never.
  public var alternatingFlip = false
  /// The probability with which top and bottom are exchanged.
  public var verticalFlip = 0.0
  /// The greatest angle by which an image is rotated about its centre in either direction, in degrees, corners black:
  /// `RandomRotation`. 0: none.
  public var rotation = 0.0
  /// The least share of an image's area that a random part covers, which is then resized to the network's input; its
  /// width over its height is 3/4 to 4/3: `RandomResizedCrop`, in place of the preprocessing's resize and crop. Nil:
  /// none.
  public var randomResizedCrop: Double?
  public var colorJitter = ColorJitter()
  /// The probability with which a rectangle of 2% to 33% of the area, height over width 0.3 to 3.3, is set to 0 after
  /// normalisation: `RandomErasing`.
  public var randomErasing = 0.0
  /// The side, in pixels, of a square around a random pixel that is set to 0 after normalisation, as far as it lies
  /// within the image (DeVries and Taylor 2017, arXiv 1708.04552). 0: none.
  public var cutout = 0
  /// α of mixup (Zhang et al. 2018, arXiv 1710.09412): each batch is mixed with itself in reversed order, as timm does,
  /// in shares of λ and 1 − λ with one λ from Beta(α, α). 0: none.
  public var mixup = 0.0
  /// α of CutMix (Yun et al. 2019, arXiv 1905.04899): a box of each image is replaced by that of its partner in mixup, as
  /// timm does. The box is the same for a batch: of the images' shape, of 1 − λ of their area with λ from Beta(α, α),
  /// around a random pixel, as far as it lies within the image. Labels count by the areas that are left. 0: none.
  public var cutmix = 0.0
  /// Where ``mixup`` and ``cutmix`` both are above 0, the probability with which a batch takes CutMix: timm's
  /// `mixup_switch_prob`.
  public var mixupSwitchProb = 0.5

  /// The factors of `ColorJitter`, in a random order: brightness, contrast and saturation from 1 − x to 1 + x but never
  /// below 0, hue turned by −x to x of the circle. 0: none. Grey images have no saturation and hue.
  public struct ColorJitter: Codable, Sendable, Equatable {
    public var brightness: Double
    public var contrast: Double
    public var saturation: Double
    /// At most 0.5.
    public var hue: Double

    public init(brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0) {
      (self.brightness, self.contrast, self.saturation, self.hue) = (brightness, contrast, saturation, hue)
    }

    /// - Parameter text: the four in this order, with commas between them.
    /// - Throws: `Failure(.usage)` for anything else.
    public init(_ text: String) throws(Failure) {
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      guard parts.count == 4, parts[..<3].allSatisfy({ (0...10).contains($0) }), (0...0.5).contains(parts[3]) else {
        throw Failure(
          .usage, "expected three numbers from 0 to 10 and one from 0 to 0.5, such as 0.4,0.4,0.4,0.1",
          settings: ["colorJitter"])
      }
      self.init(brightness: parts[0], contrast: parts[1], saturation: parts[2], hue: parts[3])
    }
  }

  /// No augmentation; set what is wanted.
  public init() {}

  /// Unchanged images, for evaluation.
  public static let none = Augmentation()

  /// - Throws: `Failure` of that kind that names the first field which makes no sense.
  public func validate(_ kind: Failure.Kind = .usage) throws(Failure) {
    func require(_ field: String, _ value: Double, _ range: ClosedRange<Double>) throws(Failure) {
      guard range.contains(value) else {
        throw Failure(
          kind, "augmentation: \(field): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
      }
    }
    let sides = 0...Double(Preprocessing.largestSide)
    try require("cropPadding", Double(cropPadding), sides)
    try require("horizontalFlip", horizontalFlip, 0...1)
    try require("verticalFlip", verticalFlip, 0...1)
    try require("rotation", rotation, 0...180)
    if let randomResizedCrop { try require("randomResizedCrop", randomResizedCrop, 1e-4...1) }
    try require("colorJitter.brightness", colorJitter.brightness, 0...10)
    try require("colorJitter.contrast", colorJitter.contrast, 0...10)
    try require("colorJitter.saturation", colorJitter.saturation, 0...10)
    try require("colorJitter.hue", colorJitter.hue, 0...0.5)
    try require("randomErasing", randomErasing, 0...1)
    try require("cutout", Double(cutout), sides)
    try require("mixup", mixup, 0...100)
    try require("cutmix", cutmix, 0...100)
    try require("mixupSwitchProb", mixupSwitchProb, 0...1)
  }
}
