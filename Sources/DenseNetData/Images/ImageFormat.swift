/// A kind of image file, by its first bytes.
enum ImageFormat {
  case jpeg
  case png

  init?(_ bytes: [UInt8]) {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else {
      return nil
    }
  }

  var name: String {
    switch self {
    case .jpeg: "JPEG"
    case .png: "PNG"
    }
  }

  /// What the bytes are, where they are no image that can be decoded.
  static func guess(_ bytes: [UInt8]) -> String {
    let kinds: [(String, [UInt8])] = [
      ("a GIF image", Array("GIF8".utf8)), ("a BMP image", Array("BM".utf8)),
      ("a TIFF image", [0x49, 0x49, 42, 0]), ("a TIFF image", [0x4d, 0x4d, 0, 42]),
      ("a PDF document", Array("%PDF".utf8)), ("a gzip file", [0x1f, 0x8b]),
    ]
    if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      return "a WebP image"
    }
    if bytes.dropFirst(4).starts(with: Array("ftyp".utf8)) { return "a HEIF or AVIF image, or a film" }
    return kinds.first { bytes.starts(with: $0.1) }?.0 ?? "something else"
  }
}
