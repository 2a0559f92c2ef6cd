/// The cyclic redundancy check of Castagnoli's polynomial, as iSCSI (RFC 3720, appendix B.4) and TFRecord files use it.
enum CRC32C {
  /// The remainders of all bytes, for the reflected polynomial.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder & 1 == 1 ? remainder >> 1 ^ 0x82f6_3b78 : remainder >> 1
    }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
  }

  /// The checksum as TFRecord stores it: a checksum of data that holds checksums would be of little use.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xa282_ead8
  }
}
