/// The pixels of a BMP whose rows are runs: a number and a value, or a zero and what to do.
struct BMPRunLengths {
  private let bytes: [UInt8]
  private var at: Int
  private let width: Int
  private let height: Int
  private let is4Bit: Bool
  private var result: [UInt8]
  private var x = 0
  private var y = 0

  /// - Parameter start: of the runs.
  init(_ bytes: [UInt8], _ start: Int, width: Int, height: Int, is4Bit: Bool) {
    (self.bytes, at, self.width, self.height, self.is4Bit) = (bytes, start, width, height, is4Bit)
    result = [UInt8](repeating: 0, count: width * height)
  }

  /// Each pixel's index, rows as the file has them; 0 where it has none.
  consuming func indices() throws(ImageProblem) -> [UInt8] {
    while true {
      let (count, value) = (Int(try byte()), try byte())
      if count > 0 {
        for i in 0..<count { put(!is4Bit ? value : i.isMultiple(of: 2) ? value >> 4 : value & 15) }
        continue
      }
      switch value {
      case 0: (x, y) = (0, y + 1)
      case 1: return result
      case 2:
        x += Int(try byte())
        y += Int(try byte())
      default: try literal(Int(value))
      }
    }
  }

  private mutating func literal(_ count: Int) throws(ImageProblem) {
    for i in 0..<(is4Bit ? (count + 1) / 2 : count) {
      let value = try byte()
      put(is4Bit ? value >> 4 : value)
      if is4Bit, 2 * i + 1 < count { put(value & 15) }
    }
    // Up to an even byte of the file.
    if !at.isMultiple(of: 2) { _ = try byte() }
  }

  /// What is too much for a row or for the image is dropped.
  private mutating func put(_ value: UInt8) {
    if x < width, y < height { result[y * width + x] = value }
    x += 1
  }

  private mutating func byte() throws(ImageProblem) -> UInt8 {
    guard at < bytes.count else { throw ImageProblem("the file is truncated (a BMP's runs end too early)") }
    defer { at += 1 }
    return bytes[at]
  }
}
