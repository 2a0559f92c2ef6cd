import CImageCodecs
public import DenseNets

extension DecodedImage {
  /// No larger image is decoded, whatever a header promises: Pillow's own limit, 2 × 89,478,485 pixels.
  public static let pixelLimit = 178_956_970
  /// No longer image is decoded, in pixels of a side.
  public static let sideLimit = 1_000_000
  /// No larger file is read, in bytes.
  public static let fileSizeLimit = 1 << 30

  /// Decodes a JPEG, PNG, WebP, BMP, GIF or TIFF file, upright: its content decides which, not its name. Of several
  /// frames or pages the first counts.
  ///
  /// Pixels are those of Pillow's `ImageOps.exif_transpose(Image.open(path))`, in `L` for grey files and `RGB` for all
  /// others, with two differences: grey of 16 bits is scaled to 8 (their high byte), where Pillow clips them at
  /// 255, and a damaged or truncated file of any kind is an error.
  /// - Parameter pixelLimit: images of more pixels are refused before they are decoded.
  /// - Throws: `Failure(.missingInput)` where there is no file, `inputOutput` where it cannot be read, `invalidData`
  ///   where it is no image, a damaged one, or too large.
  public init(contentsOf path: String, pixelLimit: Int = DecodedImage.pixelLimit) throws {
    let file = try InputFile(path)
    guard file.size <= Self.fileSizeLimit else {
      throw Failure(
        .invalidData,
        "\(path): expected an image of at most \(grouped(Self.fileSizeLimit)) bytes, found \(grouped(file.size)); make it smaller"
      )
    }
    var bytes = [UInt8](repeating: 0, count: file.size)
    let filled = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
    bytes.removeLast(bytes.count - filled)
    try self.init(bytes: bytes, source: path, pixelLimit: pixelLimit)
  }

  /// Decodes a file that is in memory; see ``init(contentsOf:pixelLimit:)``.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)`, whatever the bytes are.
  public init(bytes: [UInt8], source: String, pixelLimit: Int = DecodedImage.pixelLimit) throws(Failure) {
    do {
      self = try Self.decode(bytes, pixelLimit: pixelLimit)
    } catch {
      let text = "\(source): \(error.reason); \(error.remedy.rawValue)"
      throw error.remedy == .freeMemory ? Failure.shortage(.invalidData, text) : Failure(.invalidData, text)
    }
  }

  private static func decode(_ bytes: [UInt8], pixelLimit: Int) throws(ImageProblem) -> DecodedImage {
    guard let format = ImageFormat(bytes) else {
      throw ImageProblem(
        "expected a \(ImageFormat.list) image, found \(FileKind(of: bytes).withArticle)", remedy: .bringAnother)
    }
    let file = try ImageFile(bytes, format)
    let size = "\(file.height)x\(file.width)"
    guard file.width > 0, file.height > 0 else { throw ImageProblem("the image is damaged (\(size) pixels)") }
    let (count, overflows) = file.width.multipliedReportingOverflow(by: file.height)
    guard !overflows, count <= pixelLimit else {
      throw ImageProblem(
        "expected a \(format.name) of at most \(grouped(pixelLimit)) pixels, found \(size)", remedy: .makeSmaller)
    }
    guard max(file.height, file.width) <= sideLimit else {
      throw ImageProblem(
        "expected sides of at most \(grouped(sideLimit)) pixels, found \(size)", remedy: .makeSmaller)
    }
    var image = try file.decode().turned(to: EXIFOrientation(ofFile: bytes))
    image.isDark = file.has16Bits && !image.pixels.contains { $0 > 15 }
    return image
  }
}

/// A file whose header was read.
private struct ImageFile {
  let width: Int
  let height: Int
  /// Of a value, as the file has it.
  let has16Bits: Bool
  let decode: () throws(ImageProblem) -> DecodedImage

  init(_ bytes: [UInt8], _ format: ImageFormat) throws(ImageProblem) {
    let header: image_header
    // The depth stands in a PNG's first chunk.
    has16Bits =
      format == .png && bytes.count > 24 && bytes[24] == 16 || format == .tiff && TIFFCodec.has16Bits(bytes)
    switch format {
    case .bmp:
      let bmp = try BMPCodec.header(bytes)
      (width, height) = (bmp.width, bmp.height)
      decode = { () throws(ImageProblem) in try BMPCodec.decode(bytes, bmp) }
      return
    case .jpeg:
      header = try JPEGCodec.header(bytes)
      decode = { () throws(ImageProblem) in try JPEGCodec.decode(bytes, header) }
    case .png:
      header = try PNGCodec.header(bytes)
      decode = { () throws(ImageProblem) in try PNGCodec.decode(bytes, header) }
    case .webp:
      header = try WebPCodec.header(bytes)
      decode = { () throws(ImageProblem) in try WebPCodec.decode(bytes, header) }
    case .gif:
      header = try GIFCodec.header(bytes)
      decode = { () throws(ImageProblem) in try GIFCodec.decode(bytes, header) }
    case .tiff:
      header = try TIFFCodec.header(bytes)
      decode = { () throws(ImageProblem) in try TIFFCodec.decode(bytes, header) }
    }
    (width, height) = (header.width, header.height)
  }
}
