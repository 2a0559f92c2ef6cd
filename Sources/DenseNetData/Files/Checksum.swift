import DenseNets

#if canImport(CryptoKit)
  import CryptoKit
#else
  import CLibCrypto
#endif

/// The md5 of content, as dataset publishers give it. It tells a damaged file from a sound one, not a forged one.
struct Checksum: ~Copyable {
  #if canImport(CryptoKit)
    private var hash = Insecure.MD5()

    init() throws {}

    mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    private mutating func finish(_ digest: inout [UInt8]) { digest = Array(hash.finalize()) }
  #else
    private let context: OpaquePointer

    /// - Throws: ``Failure`` if the system's libcrypto has no md5, as in a FIPS-only configuration.
    init() throws {
      guard let context = EVP_MD_CTX_new() else { throw Failure(.internalError, "libcrypto is out of memory") }
      guard EVP_DigestInit_ex(context, EVP_md5(), nil) == 1 else {
        EVP_MD_CTX_free(context)
        throw Failure(.internalError, "libcrypto offers no md5 to check data with; allow it in openssl.cnf")
      }
      self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    private mutating func finish(_ digest: inout [UInt8]) { EVP_DigestFinal_ex(context, &digest, nil) }
  #endif

  /// 32 lower-case hexadecimal digits. Nothing can be added after this.
  mutating func hexadecimal() -> String {
    var digest = [UInt8](repeating: 0, count: 16)
    finish(&digest)
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The md5 of a file, packed or not.
  static func ofFile(_ path: String) throws -> String {
    let file = try InputFile(path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var checksum = try Checksum()
    while true {
      let n = try file.read(into: buffer)
      if n == 0 { return checksum.hexadecimal() }
      checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<n]))
    }
  }

  /// The md5 of a file's content, unpacked where it is gzip, reading at most `limit` bytes of it.
  /// - Throws: ``Failure`` of kind `invalidData` where there is more, or where the gzip data are damaged.
  static func ofContent(_ path: String, limit: Int, remedy: String) throws -> String {
    let content = try GzipReader(ofFile: path, remedy: remedy)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var checksum = try Checksum()
    var total = 0
    while true {
      let n = try content.read(into: buffer)
      if n == 0 { return checksum.hexadecimal() }
      total += n
      if total > limit {
        throw Failure(.invalidData, "\(path): expected \(grouped(limit)) bytes of content, found more; \(remedy)")
      }
      checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<n]))
    }
  }
}
