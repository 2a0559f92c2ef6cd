import CZlib
import DenseNets

/// The content of a file from its start, unpacked where it is gzip. The bytes decide, not the file's name.
final class GzipReader: ByteSource {
  private(set) var source: any ByteSource
  /// Whether the bytes are gzip.
  let isCompressed: Bool
  /// The bytes that ``read(into:)`` has given so far.
  private(set) var unpackedCount = 0
  private let remedy: String
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutableRawBufferPointer
  private var inputIsExhausted = false
  private var memberIsComplete = false

  /// - Parameter remedy: what to do where the file is damaged; it ends the message of every failure.
  init(_ source: any ByteSource, remedy: String) throws {
    self.source = source
    self.remedy = remedy
    input = .allocate(byteCount: 1 << 18, alignment: 64)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let filled: Int
    do {
      filled = try self.source.read(into: input)
    } catch {
      input.deallocate()
      stream.deallocate()
      throw error
    }
    inputIsExhausted = filled < input.count
    stream.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(filled)
    isCompressed = filled >= 2 && input[0] == 0x1f && input[1] == 0x8b
    let gzipWindow: Int32 = 15 + 16
    let status = inflateInit2_(stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot be initialised, status \(status)")
  }

  convenience init(ofFile path: String, remedy: String) throws {
    try self.init(InputFile(path), remedy: remedy)
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  var name: String { source.name }
  /// The size of the stored file.
  var size: Int { source.size }

  /// - Throws: ``Failure`` of kind `invalidData` for damaged gzip data, `inputOutput` where reading fails.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let n = try isCompressed ? inflated(into: buffer) : copied(into: buffer)
    unpackedCount += n
    return n
  }

  private func copied(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let buffered = min(buffer.count, Int(stream.pointee.avail_in))
    buffer.copyMemory(from: UnsafeRawBufferPointer(start: stream.pointee.next_in, count: buffered))
    stream.pointee.next_in += buffered
    stream.pointee.avail_in -= UInt32(buffered)
    if buffered == buffer.count || inputIsExhausted { return buffered }
    return try buffered + source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[buffered...]))
  }

  private func inflated(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      try refill()
      if memberIsComplete {
        if stream.pointee.avail_in == 0 { break }
        try startNextMember()
      }
      if stream.pointee.avail_in == 0 {
        throw Failure(
          .invalidData,
          "\(name): gzip data are truncated, the file ends after \(grouped(size)) bytes before its data do; \(remedy)")
      }
      let room = min(buffer.count - filled, 1 << 30)
      stream.pointee.next_out = (buffer.baseAddress! + filled).assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      let status = inflate(stream, Z_NO_FLUSH)
      filled += room - Int(stream.pointee.avail_out)
      switch status {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: memberIsComplete = true
      default:
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
        throw Failure(.invalidData, "\(name): gzip data are damaged (\(reason)); \(remedy)")
      }
    }
    return filled
  }

  private func refill() throws {
    if stream.pointee.avail_in > 0 || inputIsExhausted { return }
    let filled = try source.read(into: input)
    inputIsExhausted = filled < input.count
    stream.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(filled)
  }

  /// A gzip file may hold several members; anything else that follows the data is not its own.
  private func startNextMember() throws {
    guard stream.pointee.next_in.pointee == 0x1f else {
      throw Failure(.invalidData, "\(name): expected the end of the file after its gzip data, found more; \(remedy)")
    }
    inflateReset(stream)
    memberIsComplete = false
  }
}

/// `47040016` as `47,040,016`.
func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  var end = digits.count - 3
  while end > 0 {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: end))
    end -= 3
  }
  return number < 0 ? "-" + digits : digits
}
