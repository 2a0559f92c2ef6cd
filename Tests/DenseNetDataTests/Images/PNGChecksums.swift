extension [UInt8] {
  /// The same chunks, each with the checksum of its content, as far as lengths lead.
  func withPNGChecksums() -> [UInt8] {
    var bytes = self
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - position - 12 else { break }
      let end = position + 8 + length
      let checksum = CRC32.of(bytes[position + 4..<end])
      for i in 0..<4 { bytes[end + i] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(i))) }
      position = end + 4
    }
    return bytes
  }
}

/// The checksum of PNG chunks.
private enum CRC32 {
  static let table: [UInt32] = (0..<256).map { start in
    (0..<8).reduce(UInt32(start)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
  }

  static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(truncatingIfNeeded: ($0 ^ UInt32($1)) & 0xff)] ^ ($0 >> 8) }
  }
}
