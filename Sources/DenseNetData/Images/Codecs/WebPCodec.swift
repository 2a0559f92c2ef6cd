import CImageCodecs

/// WebP through libwebp, of an animation the first frame.
enum WebPCodec {
  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> image_header {
    // The library refuses canvases that no memory holds in other words than those of too large images.
    if bytes.count >= 30, bytes[12..<16].elementsEqual("VP8X".utf8) {
      let sides = [24, 27].map { bytes[$0..<$0 + 3].reversed().reduce(0) { $0 << 8 | Int($1) } + 1 }
      if sides[0] * sides[1] > DecodedImage.pixelLimit {
        return image_header(width: sides[0], height: sides[1], channels: 3)
      }
    }
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
