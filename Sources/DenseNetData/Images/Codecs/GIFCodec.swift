import CImageCodecs

/// The first frame of GIF through giflib.
enum GIFCodec {
  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> image_header {
    var layout = image_gif_layout()
    return try header(bytes, &layout)
  }

  private static func header(_ bytes: [UInt8], _ layout: inout image_gif_layout) throws(ImageProblem) -> image_header {
    var header = image_header()
    try ImageProblem.check(image_gif_header(bytes, bytes.count, &header, &layout))
    return header
  }

  /// The image on its canvas, without its transparency: grey where the palette is none or a ramp of all values.
  static func decode(_ bytes: [UInt8], _ header: image_header) throws(ImageProblem) -> DecodedImage {
    let indices = try decodedPixels(header) { (pixels) in
      var header = header
      return image_gif_pixels(bytes, bytes.count, &header, pixels)
    }
    var layout = image_gif_layout()
    _ = try self.header(bytes, &layout)
    let count = Int(layout.colors)
    let palette = withUnsafeBytes(of: layout.palette) { Palette(rgb: Array($0), count: count) }
    return palette.image(indices, width: header.width, height: header.height)
  }
}

/// Colours that pixels name by an index.
struct Palette {
  /// `[256, 3]`, black where there are fewer.
  private let rgb: [UInt8]
  private let isGrey: Bool

  /// - Parameter count: the colours in use; a ramp of grey that begins with black is no palette, but grey itself.
  init(rgb: [UInt8], count: Int) {
    self.rgb = Array(rgb.prefix(768)) + [UInt8](repeating: 0, count: max(768 - rgb.count, 0))
    isGrey = (0..<count).allSatisfy { i in (0..<3).allSatisfy { rgb[3 * i + $0] == i } }
  }

  /// - Parameter indices: `[height, width]`.
  func image(_ indices: [UInt8], width: Int, height: Int) -> DecodedImage {
    if isGrey { return DecodedImage(width: width, height: height, channels: 1, pixels: indices) }
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * indices.count) { result, filled in
      for (i, index) in indices.enumerated() {
        for c in 0..<3 { result[3 * i + c] = rgb[3 * Int(index) + c] }
      }
      filled = 3 * indices.count
    }
    return DecodedImage(width: width, height: height, channels: 3, pixels: pixels)
  }
}
