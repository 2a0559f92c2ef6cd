/// What a file holds that is no image which can be decoded, by its first bytes.
struct FileKind: Hashable, Sendable {
  /// `HEIC image`
  let name: String

  init(_ name: String) { self.name = name }

  static let outsideClasses = FileKind("image outside the class folders")
  static let system = FileKind("hidden or system file")

  /// `3 HEIC images`
  func counted(_ count: Int) -> String {
    guard count != 1 else { return "1 \(name)" }
    let words = name.split(separator: " ", maxSplits: 1)
    // `file of another kind`, `image outside …`: the first word is the noun.
    return name.contains(" of ") || name.contains(" outside ")
      ? "\(grouped(count)) \(words[0])s \(words[1])" : "\(grouped(count)) \(name)s"
  }

  /// `a HEIC image`
  var withArticle: String { ("AEIOaeio".contains(name.first ?? " ") ? "an " : "a ") + name }

  /// The number of a file's first bytes that tell.
  static let prefixCount = 512

  /// - Parameter bytes: the beginning of a file, at least ``prefixCount`` where it has them.
  init(of bytes: some Collection<UInt8>) {
    let bytes = Array(bytes.prefix(Self.prefixCount))
    name = Self.name(of: bytes)
  }

  private static func name(of bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "empty file" }
    if let format = ImageFormat(bytes) { return "\(format.name) image" }
    if bytes.dropFirst(4).starts(with: Array("ftyp".utf8)) { return film(brand: bytes.dropFirst(8).prefix(4)) }
    if bytes.starts(with: Array("RIFF".utf8)) {
      return bytes.dropFirst(8).starts(with: Array("AVI ".utf8)) ? "AVI film" : "sound file"
    }
    if bytes.dropFirst(128).starts(with: Array("DICM".utf8)) { return "DICOM image" }
    if let found = signatures.first(where: { bytes.starts(with: $0.bytes) }) { return found.name }
    return text(bytes) ?? "file of another kind"
  }

  /// Of the ISO base media file format.
  private static func film(brand: ArraySlice<UInt8>) -> String {
    switch String(decoding: brand, as: UTF8.self) {
    case "avif", "avis": "AVIF image"
    case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": "HEIC image"
    case "crx ": "CR3 raw image"
    case "qt  ": "QuickTime film"
    default: "MP4 film"
    }
  }

  private static let signatures: [(name: String, bytes: [UInt8])] = [
    ("PDF document", Array("%PDF".utf8)), ("PostScript document", Array("%!PS".utf8)), ("gzip file", [0x1f, 0x8b]),
    ("JPEG 2000 image", [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20]), ("JPEG 2000 image", [0xff, 0x4f, 0xff, 0x51]),
    ("JPEG XL image", [0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20]), ("JPEG XL image", [0xff, 0x0a]),
    ("Photoshop image", Array("8BPS".utf8)), ("icon", [0, 0, 1, 0]), ("OpenEXR image", [0x76, 0x2f, 0x31, 1]),
    ("zip archive", [0x50, 0x4b, 3, 4]), ("zip archive", [0x50, 0x4b, 5, 6]), ("film", [0x1a, 0x45, 0xdf, 0xa3]),
    ("NumPy file", Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })),
    ("HDF5 file", [0x89, 0x48, 0x44, 0x46]), ("AppleDouble file", [0, 5, 0x16, 7]),
    ("Git LFS pointer", Array("version https://git-lfs".utf8)), ("PNM image", Array("P4\n".utf8)),
    ("PNM image", Array("P5\n".utf8)), ("PNM image", Array("P6\n".utf8)),
  ]

  /// Nil where the bytes are no text.
  private static func text(_ bytes: [UInt8]) -> String? {
    // The last character may be cut.
    let text = String(decoding: bytes, as: UTF8.self)
    let isText = text.unicodeScalars.dropLast(3).allSatisfy { scalar in
      scalar != "\u{fffd}" && (scalar.value >= 0x20 || ["\n", "\r", "\t", "\u{c}"].contains(scalar))
    }
    guard isText, bytes.allSatisfy({ $0 >= 0x20 || [9, 10, 12, 13].contains($0) }) else { return nil }
    let start = text.drop { $0.isWhitespace || $0 == "\u{feff}" }.lowercased()
    if start.contains("<svg") { return "SVG image" }
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return "HTML page" }
    return "text file"
  }
}
