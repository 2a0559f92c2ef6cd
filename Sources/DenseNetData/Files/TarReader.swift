import DenseNets

/// The files of a tar archive, one after the other.
///
/// Names longer than 100 characters and sparse files are not supported; archives of datasets have none.
struct TarReader {
  private static let block = 512
  private let content: GzipReader
  private let remedy: String

  /// - Parameter content: plain or gzip.
  init(_ content: GzipReader, remedy: String) { (self.content, self.remedy) = (content, remedy) }

  /// The next file that is wanted; nil at the end.
  /// - Throws: `Failure(.invalidData)` where the archive is damaged or a wanted file is larger than `limit` bytes.
  func next(limit: Int, isWanted: (String) -> Bool) throws -> (name: String, bytes: [UInt8])? {
    while true {
      let header = try take(Self.block, isWanted: true)
      guard header.count == Self.block, header[0] != 0 else { return nil }
      let name = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
      let digits = header[124..<136].prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 8),
        header[257..<262].elementsEqual("ustar".utf8)
      else { throw damaged("expected a tar archive, found an invalid header") }
      let isFile = header[156] == UInt8(ascii: "0") || header[156] == 0
      let wanted = isFile && isWanted(name)
      guard !wanted || size <= limit else {
        throw damaged("\(name): expected at most \(grouped(limit)) bytes, found \(grouped(size))")
      }
      let bytes = try take(size, isWanted: wanted)
      _ = try take((Self.block - size % Self.block) % Self.block, isWanted: false)
      if wanted {
        guard bytes.count == size else { throw damaged("\(name): the archive ends within it") }
        return (name, bytes)
      }
    }
  }

  /// The next bytes, or where they are not wanted none; fewer come only at the archive's end.
  private func take(_ count: Int, isWanted: Bool) throws -> [UInt8] {
    var result: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(count, 1), 1 << 20), alignment: 64)
    defer { buffer.deallocate() }
    var left = count
    while left > 0 {
      let n = try content.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]))
      if n == 0 { break }
      if isWanted { result.append(contentsOf: buffer[..<n]) }
      left -= n
    }
    return result
  }

  private func damaged(_ reason: String) -> Failure { Failure(.invalidData, "\(content.name): \(reason); \(remedy)") }
}
