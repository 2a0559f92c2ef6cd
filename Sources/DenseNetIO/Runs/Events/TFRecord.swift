import Foundation

/// The frame of TensorFlow's record files: the length, its checksum, the content, its checksum; little-endian.
enum TFRecord {
  static func framed(_ content: Data) -> Data {
    let length = bytes(UInt64(content.count))
    return length + bytes(CRC32C.masked(length)) + content + bytes(CRC32C.masked(content))
  }

  private static func bytes(_ number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}
