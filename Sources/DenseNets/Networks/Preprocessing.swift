/// What makes a network's input of an image: channels, resizing, crop and normalisation, in this order.
///
/// Each step is torchvision's on a Pillow image, bit for bit while values are of 8 bits: `convert("RGB")` or
/// `convert("L")`, `Resize`, `CenterCrop`, `ToTensor`, `Normalize`.
public struct Preprocessing: Sendable, Equatable {
  public enum Resize: Sendable, Equatable {
    /// The image's own size stays.
    case none
    /// The shorter side gets this length, and the other keeps the image's shape, rounded down.
    case shorterSide(Int)
    case exact(height: Int, width: Int)
    /// The image keeps its shape, and becomes as large as fits into this size: timm's `ResizeKeepRatio` with `longest` 1.
    case fit(height: Int, width: Int)
    /// The image keeps its shape, and becomes as small as covers this size: timm's `ResizeKeepRatio` with `longest` 0.
    case cover(height: Int, width: Int)
  }

  /// 1 for grey, 3 for RGB.
  public var inputChannels: Int
  public var resize: Resize
  /// Height and width of the part around the centre that is kept, with a border around a smaller image; nil keeps all.
  public var crop: [Int]?
  /// The border's colour, a value of 0…255 for each channel; nil: black.
  public var fill: [Int]?
  public var interpolation: Interpolation
  /// Of each channel, in units of white: a value v of 0…255 becomes (v / 255 - mean) / std.
  public var mean: [Double]
  public var std: [Double]

  /// No side of a resized or cropped image is longer, in pixels.
  public static let largestSide = 8192

  /// - Throws: `Failure(.usage)` that names the field which makes no sense.
  public init(
    inputChannels: Int, resize: Resize = .none, crop: [Int]? = nil, fill: [Int]? = nil,
    interpolation: Interpolation = .bilinear, mean: [Double]? = nil, std: [Double]? = nil
  ) throws(Failure) {
    self.init(
      unchecked: inputChannels, resize: resize, crop: crop, interpolation: interpolation,
      mean: mean ?? [Double](repeating: 0, count: max(inputChannels, 0)),
      std: std ?? [Double](repeating: 1, count: max(inputChannels, 0)))
    self.fill = fill
    try validate(.usage)
  }

  private init(
    unchecked inputChannels: Int, resize: Resize, crop: [Int]?, interpolation: Interpolation, mean: [Double],
    std: [Double]
  ) {
    self.inputChannels = inputChannels
    self.resize = resize
    self.crop = crop
    self.interpolation = interpolation
    self.mean = mean
    self.std = std
  }

  /// What torchvision's ImageNet networks were trained for: 224×224 out of a shorter side of 256.
  public static let imageNet = Preprocessing(
    unchecked: 3, resize: .shorterSide(256), crop: [224, 224], interpolation: .bilinear, mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225])

  /// The chapter's: the whole image squashed to a square, values 0…1.
  public static func squashed(channels: Int, size: Int) -> Preprocessing {
    Preprocessing(
      unchecked: channels, resize: .exact(height: size, width: size), crop: nil, interpolation: .bilinear,
      mean: [Double](repeating: 0, count: channels), std: [Double](repeating: 1, count: channels))
  }

  /// - Throws: a failure of that kind that names the first field which makes no sense.
  public func validate(_ kind: Failure.Kind) throws(Failure) {
    func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(Failure) {
      if !condition { throw Failure(kind, "preprocessing: " + text()) }
    }
    func requireSide(_ side: Int, _ field: String) throws(Failure) {
      try require(
        (1...Self.largestSide).contains(side),
        "\(field): expected sides of 1 to \(Self.largestSide) pixels, found \(side)")
    }
    try require(inputChannels == 1 || inputChannels == 3, "inputChannels: expected 1 or 3, found \(inputChannels)")
    switch resize {
    case .none: break
    case .shorterSide(let side): try requireSide(side, "resize")
    case .exact(let height, let width), .fit(let height, let width), .cover(let height, let width):
      try requireSide(height, "resize")
      try requireSide(width, "resize")
    }
    if let crop {
      try require(crop.count == 2, "crop: expected a height and a width, found \(crop.count) numbers")
      for side in crop { try requireSide(side, "crop") }
    }
    if let fill {
      try require(
        fill.count == inputChannels && fill.allSatisfy { (0...255).contains($0) },
        "fill: expected \(inputChannels) numbers of 0 to 255, one per channel, found \(fill)")
    }
    for (field, values) in [("mean", mean), ("std", std)] {
      try require(
        values.count == inputChannels,
        "\(field): expected \(inputChannels) numbers, one per channel, found \(values.count)")
      try require(values.allSatisfy { abs($0) <= 1000 }, "\(field): expected numbers of at most 1000, found \(values)")
    }
    try require(std.allSatisfy { $0 >= 1e-6 }, "std: expected numbers of at least 1e-06, found \(std)")
  }
}

extension Preprocessing {
  /// The size that an image of this size is resized to.
  public func resizedSize(height: Int, width: Int) -> (height: Int, width: Int) {
    switch resize {
    case .none: return (height, width)
    case .exact(let height, let width): return (height, width)
    case .shorterSide(let side):
      let (short, long) = (min(height, width), max(height, width))
      let other = Int(Double(side * long) / Double(short))
      return width <= height ? (other, side) : (side, other)
    case .fit(let targetHeight, let targetWidth):
      return Self.scaled(
        height, width, by: max(Double(height) / Double(targetHeight), Double(width) / Double(targetWidth)))
    case .cover(let targetHeight, let targetWidth):
      return Self.scaled(
        height, width, by: min(Double(height) / Double(targetHeight), Double(width) / Double(targetWidth)))
    }
  }

  /// Both sides divided and rounded as Python does it, halves to the even number; no side vanishes.
  private static func scaled(_ height: Int, _ width: Int, by ratio: Double) -> (height: Int, width: Int) {
    func side(_ length: Int) -> Int { max(Int((Double(length) / ratio).rounded(.toNearestOrEven)), 1) }
    return (side(height), side(width))
  }

  /// The height and width of the network's input for an image of this size.
  public func inputSize(height: Int, width: Int) -> (height: Int, width: Int) {
    crop.map { ($0[0], $0[1]) } ?? resizedSize(height: height, width: width)
  }

  /// The height and width of every input, where that does not depend on the image.
  public var fixedInputSize: (height: Int, width: Int)? {
    if let crop { return (crop[0], crop[1]) }
    if case .exact(let height, let width) = resize { return (height, width) }
    return nil
  }

  /// The side of every input, where they all are squares of one size.
  public var squareSide: Int? { fixedInputSize.flatMap { $0.height == $0.width ? $0.height : nil } }
}

extension DenseNet.Configuration {
  /// The side of the images that such networks are made for, in pixels: 96 for the chapter's network, 224 for those of
  /// the paper's Table 1, 32 for those for CIFAR.
  public var imageSide: Int {
    switch (stem, naming) {
    case (.cifar, _): 32
    case (.imageNet, .chapter): 96
    case (.imageNet, .torchvision): 224
    }
  }

  /// How images are prepared for such networks where nothing else is known: as torchvision does it for those of
  /// Table 1, else squashed to ``imageSide`` and not normalised.
  public var standardPreprocessing: Preprocessing {
    let plain = Preprocessing.squashed(channels: inputChannels, size: imageSide)
    guard stem == .imageNet, naming == .torchvision else { return plain }
    var preprocessing = Preprocessing.imageNet
    if inputChannels != 3 {
      (preprocessing.inputChannels, preprocessing.mean, preprocessing.std) = (inputChannels, plain.mean, plain.std)
    }
    return preprocessing
  }
}
