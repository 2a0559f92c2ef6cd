/// A 64-bit hash that tells changed content from the same one: fast, the same on every machine, and not cryptographic.
struct ContentHash {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func combine(_ word: UInt64) {
    state = (state ^ word) &* 0xBF58_476D_1CE4_E5B9
    state ^= state >> 29
  }

  mutating func combine(_ text: String) { combine(Array(text.utf8)) }

  /// The bytes and their number.
  mutating func combine(_ bytes: [UInt8]) {
    combine(UInt64(bytes.count))
    bytes.withUnsafeBytes { bytes in
      let words = bytes.count / 8
      for i in 0..<words { combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))) }
      combine(bytes[(8 * words)...].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
  }

  /// 16 hexadecimal digits.
  var hexadecimal: String {
    var final = self
    final.combine(0x94D0_49BB_1331_11EB)
    let digits = String(final.state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
