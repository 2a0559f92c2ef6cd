import CImageCodecs
public import DenseNets

/// PNG through libpng.
enum PNGCodec {
  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> image_header {
    var header = image_header()
    try ImageProblem.check(image_png_header(bytes, bytes.count, &header))
    return header
  }

  /// The image without its transparency. Values of 16 bits keep their high byte.
  static func decode(_ bytes: [UInt8], _ header: image_header) throws(ImageProblem) -> DecodedImage {
    let pixels = try decodedPixels(header) { (pixels) in
      var header = header
      return image_png_pixels(bytes, bytes.count, &header, pixels)
    }
    return DecodedImage(width: header.width, height: header.height, channels: Int(header.channels), pixels: pixels)
  }
}

extension DecodedImage {
  /// The image as a PNG file's bytes.
  /// - Throws: `Failure(.internalError)` where the encoder refuses, for want of memory.
  public func pngData() throws(Failure) -> [UInt8] {
    var header = image_header(width: width, height: height, channels: Int32(channels))
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    let result = image_png_encode(pixels, &header, &bytes, &count)
    defer { image_png_free(bytes) }
    do {
      try ImageProblem.check(result)
    } catch {
      throw Failure(.internalError, "a PNG of \(height)x\(width) pixels cannot be encoded: \(error.reason)")
    }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
