import CImageCodecs

/// The first page of TIFF through libtiff.
enum TIFFCodec {
  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> image_header {
    var layout = image_tiff_layout()
    return try header(bytes, &layout)
  }

  static func has16Bits(_ bytes: [UInt8]) -> Bool {
    var layout = image_tiff_layout()
    return (try? header(bytes, &layout)) != nil && layout.bits == 16
  }

  private static func header(_ bytes: [UInt8], _ layout: inout image_tiff_layout) throws(ImageProblem) -> image_header {
    var header = image_header()
    try ImageProblem.check(image_tiff_header(bytes, bytes.count, &header, &layout))
    return header
  }

  /// The image without its transparency. Values of 16 bits keep their high byte; CMYK becomes RGB.
  static func decode(_ bytes: [UInt8], _ header: image_header) throws(ImageProblem) -> DecodedImage {
    var layout = image_tiff_layout()
    _ = try self.header(bytes, &layout)
    var samples = try decodedPixels(header) { (pixels) in
      var header = header
      return image_tiff_pixels(bytes, bytes.count, &header, pixels)
    }
    var channels = Int(header.channels)
    if layout.is_premultiplied != 0 {
      samples = divided(byAlphaOf: samples, channels)
      channels -= 1
    }
    let (width, height) = (header.width, header.height)
    func image(_ channels: Int) -> DecodedImage {
      DecodedImage(width: width, height: height, channels: channels, pixels: samples)
    }
    // Of TIFF 6.0: light on dark, dark on light, palettes and inks.
    switch layout.photometric {
    case 0, 1:
      scale(&samples, bits: layout.bits, isInverted: layout.photometric == 0)
      return image(1)
    case 3:
      // Colours count even where they are a ramp of grey: of 16 bits they may be anything.
      let palette = withUnsafeBytes(of: layout.palette) { Palette(rgb: Array($0), count: 256) }
      return palette.image(samples, width: width, height: height)
    case 5:
      for i in samples.indices { samples[i] = 255 - samples[i] }
      samples = JPEGCodec.rgb(fromInvertedCMYK: samples)
      return image(3)
    default: return image(3)
    }
  }

  /// Fewer than 8 bits to 8, and dark to light where 0 is white.
  private static func scale(_ samples: inout [UInt8], bits: Int32, isInverted: Bool) {
    let factor: UInt8 = bits < 8 ? 255 / UInt8(1 << bits - 1) : 1
    guard factor > 1 || isInverted else { return }
    for i in samples.indices {
      let value = samples[i] * factor
      samples[i] = isInverted ? 255 - value : value
    }
  }

  /// Colours before they were multiplied by the alpha, their last channel.
  private static func divided(byAlphaOf samples: [UInt8], _ channels: Int) -> [UInt8] {
    let count = samples.count / channels
    return [UInt8](unsafeUninitializedCapacity: count * (channels - 1)) { result, filled in
      for i in 0..<count {
        let alpha = Int(samples[i * channels + channels - 1])
        for c in 0..<channels - 1 {
          let value = Int(samples[i * channels + c])
          result[i * (channels - 1) + c] =
            alpha == 0 || alpha == 255 ? UInt8(value) : UInt8(min(255 * value / alpha, 255))
        }
      }
      filled = count * (channels - 1)
    }
  }
}
