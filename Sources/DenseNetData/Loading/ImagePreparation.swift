import DenseNets

/// Makes the network's inputs of images, one after the other; what a size of images needs is computed once.
struct ImagePreparation {
  let preprocessing: Preprocessing
  private var known: ImageResize?

  init(_ preprocessing: Preprocessing) { self.preprocessing = preprocessing }

  /// See ``Preprocessing/image(_:)``.
  mutating func image(_ image: DecodedImage) throws(Failure) -> DecodedImage {
    let source = image.converted(toChannels: min(image.channels, preprocessing.inputChannels))
    if let known, known.suits(source) { return known(source) }
    let resize = try ImageResize(preprocessing, height: source.height, width: source.width, channels: source.channels)
    known = resize
    return resize(source)
  }

  /// A part of an image, resized to the input that the whole image would have.
  func resized(_ part: DecodedImage, of whole: DecodedImage) throws(Failure) -> DecodedImage {
    let size = preprocessing.inputSize(height: whole.height, width: whole.width)
    var exact = preprocessing
    (exact.resize, exact.crop) = (.exact(height: size.height, width: size.width), nil)
    return try exact.image(part)
  }
}

/// The resizing and cropping of images of one size.
struct ImageResize {
  private let resize: PillowResize
  private let rows: CropAxis
  private let columns: CropAxis
  private let inputChannels: Int
  /// The border's colour, by channel.
  private let fill: [UInt8]

  /// - Throws: as ``Preprocessing/image(_:)``.
  init(_ preprocessing: Preprocessing, height: Int, width: Int, channels: Int) throws(Failure) {
    let resized = preprocessing.resizedSize(height: height, width: width)
    let (crop, limit) = (preprocessing.crop, Preprocessing.largestSide)
    guard crop != nil || max(resized.height, resized.width) <= limit else {
      throw Failure(
        .invalidData,
        "an image of \(height)x\(width) pixels becomes \(resized.height)x\(resized.width), expected sides of at most \(limit); crop it"
      )
    }
    rows = CropAxis(of: resized.height, to: crop?[0] ?? resized.height)
    columns = CropAxis(of: resized.width, to: crop?[1] ?? resized.width)
    resize = PillowResize(
      from: (height, width), to: resized, rows: rows.kept, columns: columns.kept, channels: channels,
      filter: preprocessing.interpolation)
    inputChannels = preprocessing.inputChannels
    fill = preprocessing.fill?.map { UInt8(clamping: $0) } ?? [UInt8](repeating: 0, count: inputChannels)
  }

  func suits(_ image: DecodedImage) -> Bool {
    (image.height, image.width) == resize.inputSize && image.channels == resize.channels
  }

  /// - Precondition: the image is one that ``suits(_:)``.
  func callAsFunction(_ image: DecodedImage) -> DecodedImage {
    let kept = DecodedImage(
      width: columns.kept.count, height: rows.kept.count, channels: image.channels, pixels: resize(image.pixels))
    return kept.converted(toChannels: inputChannels).padded(rows, columns, fill: fill)
  }
}
