import DenseNets

/// An array of bytes in the IDX format of MNIST: a magic number, the extents, then the values, row by row.
///
/// The magic number is `00 00 08 rank` (`08`: unsigned bytes); the extents are 32-bit integers, highest byte first.
struct IDXFile: Sendable {
  /// The extents, outermost first: `[N]` for labels, `[N, H, W]` for images.
  let extents: [Int]
  let values: [UInt8]
  /// The md5 of the whole content, header included, unpacked.
  let md5: String

  /// No published set comes near; a header that promises more is not believed.
  static let maximumBytes = 1 << 32

  /// Reads a plain or gzip file of the given rank.
  ///
  /// The header is believed only as far as bytes follow: memory grows with what was read, and reading stops where the
  /// promised values end.
  /// - Throws: ``Failure`` of kind `invalidData` for wrong content; `missingInput` or `inputOutput` where the file
  ///   cannot be read.
  init(_ path: String, rank: Int, remedy: String) throws {
    try self.init(GzipReader(ofFile: path, remedy: remedy), rank: rank, remedy: remedy)
  }

  init(_ content: GzipReader, rank: Int, remedy: String) throws {
    func failure(_ message: String) -> Failure { Failure(.invalidData, "\(content.name): \(message); \(remedy)") }
    let headerBytes = 4 + 4 * rank
    var header = [UInt8](repeating: 0, count: headerBytes)
    let found = try header.withUnsafeMutableBytes { try content.read(into: $0) }
    guard found >= 4 else { throw failure("expected an IDX file, found \(found) bytes") }
    guard header[0] == 0, header[1] == 0, header[2] == 8, header[3] == rank else {
      throw failure(Self.wrongMagic(header, rank: rank, name: content.name, isCompressed: content.isCompressed))
    }
    guard found == headerBytes else {
      throw failure("expected a header of \(headerBytes) bytes, found \(found): the file is truncated")
    }
    let extents = (0..<rank).map { axis in
      header[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
    }
    let shape = extents.map(grouped).joined(separator: " x ")
    guard !extents.contains(0) else { throw failure("expected at least one value, found a header for \(shape)") }
    var promised = 1
    for extent in extents {
      let (product, overflow) = promised.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.maximumBytes else {
        throw failure(
          "the header declares \(shape) bytes, more than any dataset has, in a file of \(grouped(content.size)) bytes")
      }
      promised = product
    }
    if !content.isCompressed, content.size != headerBytes + promised {
      throw failure("expected \(grouped(headerBytes + promised)) bytes, found \(grouped(content.size))")
    }
    let values = try Self.values(of: content, upTo: promised + 1)
    if values.count < promised {
      throw failure("expected \(grouped(headerBytes + promised)) bytes, found \(grouped(headerBytes + values.count))")
    }
    if values.count > promised {
      throw failure("expected \(grouped(headerBytes + promised)) bytes, found more")
    }
    var checksum = try Checksum()
    header.withUnsafeBytes { checksum.update($0) }
    values.withUnsafeBytes { checksum.update($0) }
    self.extents = extents
    self.values = values
    md5 = checksum.hexadecimal()
  }

  private static func values(of content: GzipReader, upTo limit: Int) throws -> [UInt8] {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: min(limit, 1 << 18), alignment: 64)
    defer { chunk.deallocate() }
    var values: [UInt8] = []
    // Deflate makes at most 1,032 bytes of one.
    values.reserveCapacity(min(limit, 1 << 26, content.isCompressed ? 1032 * content.size : content.size))
    while values.count < limit {
      let n = try content.read(
        into: UnsafeMutableRawBufferPointer(rebasing: chunk[..<min(chunk.count, limit - values.count)]))
      if n == 0 { break }
      values.append(contentsOf: chunk[..<n])
    }
    return values
  }

  private static func wrongMagic(_ header: [UInt8], rank: Int, name: String, isCompressed: Bool) -> String {
    func hexadecimal(_ bytes: [UInt8]) -> String {
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }
    let wanted = hexadecimal([0, 0, 8, UInt8(rank)])
    let kind = rank == 1 ? "labels" : "images"
    let found = hexadecimal(Array(header[..<4]))
    return name.hasSuffix(".gz") && !isCompressed
      ? "expected gzip data (1f 8b) or plain IDX \(kind) (\(wanted)), found \(found)"
      : "expected IDX \(kind) (\(wanted)), found \(found)"
  }
}
