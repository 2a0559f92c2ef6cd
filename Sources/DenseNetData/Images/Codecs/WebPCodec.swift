import CImageCodecs

/// WebP through libwebp, of an animation the first frame.
enum WebPCodec {
  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> image_header {
    var header = image_header()
    try ImageProblem.check(image_webp_header(bytes, bytes.count, &header))
    return header
  }

  /// The image without its transparency.
  static func decode(_ bytes: [UInt8], _ header: image_header) throws(ImageProblem) -> DecodedImage {
    let pixels = try decodedPixels(header) { (pixels) in
      var header = header
      return image_webp_pixels(bytes, bytes.count, &header, pixels)
    }
    return DecodedImage(width: header.width, height: header.height, channels: 3, pixels: pixels)
  }
}
