import CImageCodecs

/// BMP, as Pillow reads it: every depth that it knows, run lengths, fields of bits, rows from below or above.
enum BMPCodec {
  /// What a file says before its pixels.
  struct Header {
    let width: Int
    let height: Int
    fileprivate let isTopDown: Bool
    fileprivate let bits: Int
    fileprivate let compression: Int
    /// Where each colour's bytes are, or the widths of its fields.
    fileprivate let layout: PixelLayout
    /// Of 8 bits and fewer.
    fileprivate let palette: Palette
    /// The first byte of the pixels.
    fileprivate let start: Int
  }

  /// How a pixel without a palette holds its colours.
  fileprivate enum PixelLayout {
    /// Of 24 and 32 bits: the places of red, green and blue among its bytes.
    case bytes(red: Int, green: Int, blue: Int)
    /// Of 16 bits: how many of them are green's.
    case fields(greenBits: Int)
    case indices
  }

  static func header(_ bytes: [UInt8]) throws(ImageProblem) -> Header {
    let size = try integer(bytes, 14, 4)
    let isOld = size == 12
    guard isOld || [40, 52, 56, 64, 108, 124].contains(size) else {
      throw ImageProblem("a kind of image that cannot be decoded (a BMP header of \(size) bytes)", remedy: .convert)
    }
    let width = try integer(bytes, 18, isOld ? 2 : 4)
    let rows = try isOld ? integer(bytes, 20, 2) : Int(Int32(truncatingIfNeeded: integer(bytes, 22, 4)))
    let bits = try integer(bytes, isOld ? 24 : 28, 2)
    let compression = try isOld ? 0 : integer(bytes, 30, 4)
    guard width > 0, width < 1 << 31, rows != 0 else {
      throw ImageProblem("the image is damaged (a BMP of \(abs(rows))x\(width) pixels)")
    }
    var start = try integer(bytes, 10, 4)
    let hasMasks = compression == 3 && size == 40
    if start == 0 { start = 14 + size + (hasMasks ? 12 : 0) }
    let colors = try isOld ? 0 : integer(bytes, 46, 4)
    let (palette, paletteEnd) = try palette(bytes, at: 14 + size, entry: isOld ? 3 : 4, bits: bits, colors: colors)
    return Header(
      width: width, height: abs(rows), isTopDown: rows < 0, bits: bits, compression: compression,
      layout: try layout(bytes, bits: bits, compression: compression, headerSize: size), palette: palette,
      start: start == 14 + size ? paletteEnd : start)
  }

  private static func palette(
    _ bytes: [UInt8], at start: Int, entry: Int, bits: Int, colors: Int
  ) throws(ImageProblem) -> (Palette, end: Int) {
    guard bits <= 8 else { return (Palette(rgb: [], count: 0), start) }
    let count = colors == 0 ? 1 << bits : colors
    guard count <= 65536 else {
      throw ImageProblem("the image is damaged (a BMP palette of \(grouped(count)) colours)")
    }
    var rgb = [UInt8](repeating: 0, count: 768)
    for i in 0..<min(count, 256) where start + entry * i + 2 < bytes.count {
      for c in 0..<3 { rgb[3 * i + c] = bytes[start + entry * i + 2 - c] }
    }
    return (Palette(rgb: rgb, count: min(count, 256)), start + entry * count)
  }

  private static func layout(
    _ bytes: [UInt8], bits: Int, compression: Int, headerSize: Int
  ) throws(ImageProblem) -> PixelLayout {
    let isRunLength = compression == 1 && bits == 8 || compression == 2 && bits == 4
    guard compression == 0 || compression == 3 && bits > 8 || isRunLength else {
      throw ImageProblem(
        "a kind of image that cannot be decoded (BMP compression \(compression) of \(bits) bits)", remedy: .convert)
    }
    switch bits {
    case 1, 4, 8: return .indices
    case 16, 24, 32: break
    default: throw ImageProblem("a kind of image that cannot be decoded (a BMP of \(bits) bits)", remedy: .convert)
    }
    var masks = [0, 0, 0]
    if compression == 3 {
      for i in 0..<3 { masks[i] = try integer(bytes, 54 + 4 * i, 4) }
    }
    if bits == 16 {
      switch masks {
      case [0, 0, 0], [0x7c00, 0x3e0, 0x1f]: return .fields(greenBits: 5)
      case [0xf800, 0x7e0, 0x1f]: return .fields(greenBits: 6)
      default: throw ImageProblem("a kind of image that cannot be decoded (a BMP's fields of bits)", remedy: .convert)
      }
    }
    if masks == [0, 0, 0] { return .bytes(red: 2, green: 1, blue: 0) }
    let places = masks.map { mask in (0..<bits / 8).first { mask == 0xff << (8 * $0) } }
    guard let red = places[0], let green = places[1], let blue = places[2] else {
      throw ImageProblem("a kind of image that cannot be decoded (a BMP's fields of bits)", remedy: .convert)
    }
    return .bytes(red: red, green: green, blue: blue)
  }

  /// The image without its transparency.
  static func decode(_ bytes: [UInt8], _ header: Header) throws(ImageProblem) -> DecodedImage {
    let (width, height) = (header.width, header.height)
    if header.compression == 1 || header.compression == 2 {
      let runs = BMPRunLengths(bytes, header.start, width: width, height: height, is4Bit: header.compression == 2)
      let indices = try runs.indices()
      return header.palette.image(ordered(indices, width, header), width: width, height: height)
    }
    let stride = (width * header.bits + 31) / 32 * 4
    guard header.start <= bytes.count, stride * height <= bytes.count - header.start else {
      throw ImageProblem("the file is truncated (a BMP's pixels end too early)")
    }
    if case .indices = header.layout {
      var indices = [UInt8](repeating: 0, count: width * height)
      for y in 0..<height {
        let row = header.start + (header.isTopDown ? y : height - 1 - y) * stride
        for x in 0..<width {
          let bit = x * header.bits
          indices[y * width + x] =
            bytes[row + bit / 8] >> UInt8(8 - header.bits - bit % 8) & UInt8((1 << header.bits) - 1)
        }
      }
      return header.palette.image(indices, width: width, height: height)
    }
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { result, filled in
      for y in 0..<height {
        let row = header.start + (header.isTopDown ? y : height - 1 - y) * stride
        for x in 0..<width {
          let (red, green, blue) = color(bytes, row + x * header.bits / 8, header.layout)
          let target = 3 * (y * width + x)
          (result[target], result[target + 1], result[target + 2]) = (red, green, blue)
        }
      }
      filled = 3 * width * height
    }
    return DecodedImage(width: width, height: height, channels: 3, pixels: pixels)
  }

  private static func color(_ bytes: [UInt8], _ at: Int, _ layout: PixelLayout) -> (UInt8, UInt8, UInt8) {
    switch layout {
    case .bytes(let red, let green, let blue): return (bytes[at + red], bytes[at + green], bytes[at + blue])
    case .fields(let greenBits):
      let pixel = Int(bytes[at]) | Int(bytes[at + 1]) << 8
      let greenMask = 1 << greenBits - 1
      return (
        UInt8((pixel >> (5 + greenBits) & 31) * 255 / 31), UInt8((pixel >> 5 & greenMask) * 255 / greenMask),
        UInt8((pixel & 31) * 255 / 31)
      )
    case .indices: return (0, 0, 0)
    }
  }

  /// Rows from above, of rows as the file has them.
  private static func ordered(_ indices: [UInt8], _ width: Int, _ header: Header) -> [UInt8] {
    if header.isTopDown { return indices }
    return (0..<header.height).reversed().flatMap { indices[$0 * width..<($0 + 1) * width] }
  }

  private static func integer(_ bytes: [UInt8], _ at: Int, _ size: Int) throws(ImageProblem) -> Int {
    guard at + size <= bytes.count else { throw ImageProblem("the file is truncated (a BMP's header ends too early)") }
    return bytes[at..<at + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
