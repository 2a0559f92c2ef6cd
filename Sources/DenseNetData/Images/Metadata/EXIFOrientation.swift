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

  /// The orientation that a file names, in EXIF or else in XMP; upright where it names none, or nothing that makes
  /// sense: an image with broken metadata is a good image.
  init(ofFile bytes: [UInt8]) {
    let metadata = ImageMetadata(of: bytes)
    var xmp = metadata.xmp
    if let exif = metadata.exif, let directory = TIFFDirectory(exif) {
      if let value = directory.orientation {
        self = Self(rawValue: value) ?? .upright
        return
      }
      if metadata.isTIFF { xmp = directory.xmp }
    }
    self = xmp.flatMap { Self(xmp: $0) } ?? .upright
  }

  /// The first `tiff:Orientation` of XMP, an attribute or an element.
  init?(xmp bytes: ArraySlice<UInt8>) {
    let name = Array("tiff:Orientation".utf8)
    var rest = bytes
    while let at = rest.firstIndex(of: name[0]) {
      rest = rest[at...]
      if rest.starts(with: name) {
        let value = rest.dropFirst(name.count)
        for start in ["=\"", ">"] where value.starts(with: start.utf8) {
          guard let digit = value.dropFirst(start.utf8.count).first, (0x30...0x39).contains(digit) else { break }
          self.init(rawValue: Int(digit) - 0x30)
          return
        }
      }
      rest = rest.dropFirst()
    }
    return nil
  }
}

/// What the first directory of TIFF data says, as far as it matters here.
struct TIFFDirectory {
  /// The value of the tag 0x0112; 0 where that is not one number.
  private(set) var orientation: Int?
  /// The bytes of the tag 0x02bc.
  private(set) var xmp: ArraySlice<UInt8>?

  /// Nil where the data are no TIFF, or too short.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard let reader = TIFFReader(bytes) else { return nil }
    // Counts and offsets of the later format have twice the size.
    let (word, isLarge) = (reader.isLarge ? 8 : 4, reader.isLarge)
    guard let directory = reader.integer(at: isLarge ? 8 : 4, size: word),
      let count = reader.integer(at: directory, size: isLarge ? 8 : 2)
    else { return nil }
    let entrySize = 4 + 2 * word
    for entry in 0..<min(count, 65536) {
      let start = directory + (isLarge ? 8 : 2) + entrySize * entry
      guard let tag = reader.integer(at: start, size: 2), let type = reader.integer(at: start + 2, size: 2),
        let length = reader.integer(at: start + 4, size: word)
      else { return }
      let value = start + 4 + word
      if tag == 0x0112, orientation == nil {
        // Types: 1 is a byte, 3 a short, 4 a long. One value of these stands in the entry itself.
        orientation = 0
        if let size = [1: 1, 3: 2, 4: 4][type], length == 1 { orientation = reader.integer(at: value, size: size) }
      }
      if tag == 0x02bc, length > word, let offset = reader.integer(at: value, size: word) {
        xmp = reader.slice(at: offset, count: length)
      }
    }
  }
}

/// Integers of TIFF data, in its order of bytes.
private struct TIFFReader {
  private let bytes: ArraySlice<UInt8>
  private let isLittleEndian: Bool
  /// Whether offsets have 64 bits.
  let isLarge: Bool

  init?(_ bytes: ArraySlice<UInt8>) {
    switch Array(bytes.prefix(4)) {
    case [0x49, 0x49, 42, 0]: (isLittleEndian, isLarge) = (true, false)
    case [0x4d, 0x4d, 0, 42]: (isLittleEndian, isLarge) = (false, false)
    case [0x49, 0x49, 43, 0]: (isLittleEndian, isLarge) = (true, true)
    case [0x4d, 0x4d, 0, 43]: (isLittleEndian, isLarge) = (false, true)
    default: return nil
    }
    self.bytes = bytes
  }

  /// The unsigned integer of `size` bytes at an offset; nil where the data end before it does, or it is beyond reason.
  func integer(at offset: Int, size: Int) -> Int? {
    guard let field = slice(at: offset, count: size) else { return nil }
    let ordered = isLittleEndian ? Array(field.reversed()) : Array(field)
    guard size < 8 || ordered[0] < 0x10 else { return nil }
    return ordered.reduce(0) { $0 << 8 | Int($1) }
  }

  func slice(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
    guard offset >= 0, count <= bytes.count, offset <= bytes.count - count else { return nil }
    let start = bytes.startIndex + offset
    return bytes[start..<start + count]
  }
}
