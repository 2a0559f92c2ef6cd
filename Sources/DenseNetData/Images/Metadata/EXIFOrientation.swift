/// How a camera was held, as the orientation tag of EXIF tells it (tag 0x0112, values 1 to 8).
///
/// Names say what was done to the upright image; ``DecodedImage/turned(to:)`` undoes it.
enum EXIFOrientation: Int, CaseIterable {
  case upright = 1
  /// Left and right are exchanged.
  case mirrored
  case turnedAround
  /// Top and bottom are exchanged.
  case flipped
  /// Mirrored at the diagonal from the upper left.
  case transposed
  /// By a quarter turn, counter-clockwise.
  case turnedLeft
  /// Mirrored at the diagonal from the upper right.
  case transversed
  /// By a quarter turn, clockwise.
  case turnedRight

  var exchangesAxes: Bool { rawValue >= 5 }

  /// The orientation that a JPEG or PNG file names; upright where it names none, or nothing that makes sense: an image
  /// with broken EXIF is a good image.
  init(ofFile bytes: [UInt8]) {
    self = Self.metadata(of: bytes).flatMap { Self(tiff: bytes[$0]) } ?? .upright
  }

  /// The orientation in the first directory of TIFF data.
  init?(tiff bytes: ArraySlice<UInt8>) {
    guard let tiff = TIFFReader(bytes), let directory = tiff.integer(at: 4, size: 4),
      let count = tiff.integer(at: directory, size: 2)
    else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = tiff.integer(at: start, size: 2) else { return nil }
      if tag != 0x0112 { continue }
      // Types: 1 is a byte, 3 a short, 4 a long. One value of these stands in the entry itself.
      guard let type = tiff.integer(at: start + 2, size: 2), let size = [1: 1, 3: 2, 4: 4][type],
        tiff.integer(at: start + 4, size: 4) == 1, let value = tiff.integer(at: start + 8, size: size)
      else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }

  /// Where a file keeps its EXIF data in TIFF form.
  private static func metadata(of bytes: [UInt8]) -> Range<Int>? {
    switch ImageFormat(bytes) {
    case .jpeg: metadata(ofJPEG: bytes)
    case .png: metadata(ofPNG: bytes)
    default: nil
    }
  }

  /// The first APP1 segment that is EXIF, before the first scan.
  private static func metadata(ofJPEG bytes: [UInt8]) -> Range<Int>? {
    let signature = Array("Exif\0\0".utf8)
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xff {
      let marker = bytes[position + 1]
      switch marker {
      case 0xff: position += 1  // fill bytes may stand before a marker
      case 0x01, 0xd0...0xd8: position += 2
      case 0xd9, 0xda: return nil
      default:
        let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
        let (start, end) = (position + 4, position + 2 + length)
        guard length >= 2, end <= bytes.count else { return nil }
        if marker == 0xe1, bytes[start..<end].starts(with: signature) { return start + signature.count..<end }
        position = end
      }
    }
    return nil
  }

  /// The first eXIf chunk.
  private static func metadata(ofPNG bytes: [UInt8]) -> Range<Int>? {
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let start = position + 8
      guard length <= bytes.count - start - 4 else { return nil }
      if bytes[position + 4..<start].elementsEqual("eXIf".utf8) { return start..<start + length }
      position = start + length + 4
    }
    return nil
  }
}

/// Integers of TIFF data, in its order of bytes.
private struct TIFFReader {
  private let bytes: ArraySlice<UInt8>
  private let isLittleEndian: Bool

  init?(_ bytes: ArraySlice<UInt8>) {
    if bytes.starts(with: [0x49, 0x49, 42, 0]) {
      isLittleEndian = true
    } else if bytes.starts(with: [0x4d, 0x4d, 0, 42]) {
      isLittleEndian = false
    } else {
      return nil
    }
    self.bytes = bytes
  }

  /// The unsigned integer of `size` bytes at an offset; nil where the data end before it does.
  func integer(at offset: Int, size: Int) -> Int? {
    guard offset <= bytes.count - size else { return nil }
    let start = bytes.startIndex + offset
    let field = bytes[start..<start + size]
    return isLittleEndian ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
  }
}
