/// A kind of image file that can be decoded, by its first bytes.
enum ImageFormat: CaseIterable {
  case jpeg, png, webp, bmp, gif, tiff

  init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes.prefix(18))
    func begins(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if begins("RIFF"), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webp
    } else if begins("GIF87a") || begins("GIF89a") {
      self = .gif
    } else if Self.tiffStarts.contains(where: bytes.starts) {
      self = .tiff
    } else if begins("BM"), bytes.count > 17, bytes[15...17].allSatisfy({ $0 == 0 }),
      Self.bmpHeaders.contains(bytes[14])
    {
      self = .bmp
    } else {
      return nil
    }
  }

  /// In both orders of bytes, with offsets of 32 and of 64 bits.
  private static let tiffStarts: [[UInt8]] = [
    [0x49, 0x49, 42, 0], [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43],
  ]
  /// The sizes of a BMP's second header, by its age.
  private static let bmpHeaders: [UInt8] = [12, 40, 52, 56, 64, 108, 124]

  var name: String {
    switch self {
    case .jpeg: "JPEG"
    case .png: "PNG"
    case .webp: "WebP"
    case .bmp: "BMP"
    case .gif: "GIF"
    case .tiff: "TIFF"
    }
  }

  /// `JPEG, PNG, WebP, BMP, GIF or TIFF`
  static let list: String = {
    let names = allCases.map(\.name)
    return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }()
}
