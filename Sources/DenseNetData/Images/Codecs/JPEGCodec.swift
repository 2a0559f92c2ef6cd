import CImageCodecs

/// JPEG through libjpeg-turbo.
enum JPEGCodec {
  /// More scans than any encoder makes; each costs a pass over the image, however few bytes it has.
  static let scanLimit: Int32 = 100

  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> image_header {
    var header = image_header()
    try ImageProblem.check(image_jpeg_header(bytes, bytes.count, &header))
    return header
  }

  /// The image, CMYK as RGB.
  static func decode(_ bytes: [UInt8], _ header: image_header) throws(ImageProblem) -> DecodedImage {
    let pixels = try decodedPixels(header) { (pixels) in
      var header = header
      return image_jpeg_pixels(bytes, bytes.count, &header, scanLimit, pixels)
    }
    return DecodedImage(
      width: header.width, height: header.height, channels: header.channels == 1 ? 1 : 3,
      pixels: header.channels == 4 ? rgb(fromInvertedCMYK: pixels) : pixels)
  }

  /// Files hold the inks inverted, as Adobe's programs write them; colours are Pillow's.
  static func rgb(fromInvertedCMYK pixels: [UInt8]) -> [UInt8] {
    let count = pixels.count / 4
    return [UInt8](unsafeUninitializedCapacity: 3 * count) { result, filled in
      for i in 0..<count {
        let key = Int32(pixels[4 * i + 3])
        for c in 0..<3 {
          let product = Int32(255 - pixels[4 * i + c]) * key + 128
          result[3 * i + c] = UInt8(max(key - (product >> 8 + product) >> 8, 0))
        }
      }
      filled = 3 * count
    }
  }
}
