import CZlib

/// Where an image file keeps what it says of itself, as far as the orientation goes: the places that Pillow looks at.
struct ImageMetadata {
  /// EXIF in TIFF form.
  private(set) var exif: ArraySlice<UInt8>?
  private(set) var xmp: ArraySlice<UInt8>?
  /// Whether the file itself is that TIFF.
  private(set) var isTIFF = false

  init(of bytes: [UInt8]) {
    switch ImageFormat(bytes) {
    case .jpeg: readJPEG(bytes)
    case .png: readPNG(bytes)
    case .webp: readWebP(bytes)
    case .tiff: (exif, isTIFF) = (bytes[...], true)
    case .bmp, .gif, nil: break
    }
    while let found = exif, found.starts(with: Self.exifStart) { exif = found.dropFirst(Self.exifStart.count) }
  }

  private static let exifStart = Array("Exif\0\0".utf8)

  /// The APP1 segments before the first scan: EXIF may need several, of XMP the last counts.
  private mutating func readJPEG(_ bytes: [UInt8]) {
    let xmpStart = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xff {
      let marker = bytes[position + 1]
      switch marker {
      case 0xff: position += 1  // fill bytes may stand before a marker
      case 0x01, 0xd0...0xd8: position += 2
      case 0xd9, 0xda: return
      default:
        let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
        let (start, end) = (position + 4, position + 2 + length)
        guard length >= 2, end <= bytes.count else { return }
        let segment = bytes[start..<end]
        if marker == 0xe1, segment.starts(with: Self.exifStart) {
          let rest = segment.dropFirst(Self.exifStart.count)
          exif = exif.map { $0 + rest } ?? rest
        } else if marker == 0xe1, segment.starts(with: xmpStart) {
          xmp = segment.dropFirst(xmpStart.count)
        }
        position = end
      }
    }
  }

  /// The chunks eXIf, of which the last counts, and texts: XMP, and EXIF in hexadecimal digits as ImageMagick writes it.
  private mutating func readPNG(_ bytes: [UInt8]) {
    var profile: ArraySlice<UInt8>?
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let start = position + 8
      guard length <= bytes.count - start - 4 else { break }
      let (kind, content) = (
        String(decoding: bytes[position + 4..<start], as: UTF8.self), bytes[start..<start + length]
      )
      if kind == "eXIf" {
        exif = content
      } else if let text = PNGText(kind, content) {
        switch text.keyword {
        case "XML:com.adobe.xmp": xmp = text.value() ?? xmp
        case "Raw profile type exif": profile = text.value() ?? profile
        default: break
        }
      }
      position = start + length + 4
    }
    if exif == nil { exif = profile.flatMap(Self.bytes(ofProfile:)) }
  }

  /// A name, a length and lines of hexadecimal digits, after an empty line.
  private static func bytes(ofProfile text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var digits: [UInt8] = []
    for line in text.split(separator: 0x0a, omittingEmptySubsequences: false).dropFirst(3) {
      for character in line where ![0x20, 0x09, 0x0d].contains(character) {
        guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
        digits.append(UInt8(digit))
      }
    }
    guard digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }[...]
  }

  /// The chunks that the first one says are there.
  private mutating func readWebP(_ bytes: [UInt8]) {
    guard bytes.count > 20, bytes[12..<16].elementsEqual("VP8X".utf8) else { return }
    let (hasEXIF, hasXMP) = (bytes[20] & 8 != 0, bytes[20] & 4 != 0)
    var position = 12
    while position + 8 <= bytes.count {
      let length = bytes[position + 4..<position + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let start = position + 8
      guard length <= bytes.count - start else { return }
      let (kind, content) = (bytes[position..<position + 4], bytes[start..<start + length])
      if hasEXIF, exif == nil, kind.elementsEqual("EXIF".utf8) { exif = content }
      if hasXMP, xmp == nil, kind.elementsEqual("XMP ".utf8) { xmp = content }
      position = start + length + length % 2
    }
  }
}

/// A chunk of text in a PNG file.
private struct PNGText {
  let keyword: String
  private let content: ArraySlice<UInt8>
  private let isCompressed: Bool

  /// Longer texts are not unpacked, as Pillow does not.
  private static let limit = 1 << 20

  /// Nil for other chunks.
  init?(_ kind: String, _ chunk: ArraySlice<UInt8>) {
    guard ["tEXt", "zTXt", "iTXt"].contains(kind), let end = chunk.firstIndex(of: 0) else { return nil }
    keyword = String(decoding: chunk[..<end], as: UTF8.self)
    var rest = chunk[(end + 1)...]
    guard kind != "tEXt" else {
      (content, isCompressed) = (rest, false)
      return
    }
    if kind == "zTXt" {
      guard rest.popFirst() == 0 else { return nil }
      (content, isCompressed) = (rest, true)
      return
    }
    guard let flag = rest.popFirst(), let method = rest.popFirst(), flag == 0 || method == 0 else { return nil }
    // The language and the keyword in it.
    for _ in 0..<2 {
      guard let end = rest.firstIndex(of: 0) else { return nil }
      rest = rest[(end + 1)...]
    }
    (content, isCompressed) = (rest, flag != 0)
  }

  /// Nil where the text is damaged, or too long.
  func value() -> ArraySlice<UInt8>? {
    guard isCompressed else { return content }
    var count = uLong(Self.limit)
    var status: Int32 = 0
    let text = [UInt8](unsafeUninitializedCapacity: Self.limit) { buffer, filled in
      status = content.withUnsafeBufferPointer {
        uncompress(buffer.baseAddress, &count, $0.baseAddress, uLong($0.count))
      }
      filled = status == Z_OK ? Int(count) : 0
    }
    return status == Z_OK ? text[...] : nil
  }
}
