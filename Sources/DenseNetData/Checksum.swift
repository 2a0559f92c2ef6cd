import Crypto
import DenseNets

/// The md5 of content, as dataset publishers give it. It tells a damaged file from a sound one, not a forged one.
struct Checksum {
  private var hash = Insecure.MD5()

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// 32 lower-case hexadecimal digits.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The md5 of a file's content, unpacked where it is gzip, reading at most `limit` bytes of it.
  /// - Throws: ``Failure`` of kind `invalidData` where there is more, or where the gzip data are damaged.
  static func ofContent(_ path: String, limit: Int, remedy: String) throws -> String {
    let content = try Content(ofFile: path, remedy: remedy)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var checksum = Checksum()
    var total = 0
    while true {
      let n = try content.read(into: buffer)
      if n == 0 { return checksum.hexadecimal }
      total += n
      if total > limit {
        throw Failure(.invalidData, "\(path): expected \(grouped(limit)) bytes of content, found more; \(remedy)")
      }
      checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<n]))
    }
  }
}
