import DenseNets

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Bytes that are read once, from the first to the last.
protocol ByteSource {
  /// How messages call it: a file's path.
  var name: String { get }
  /// The number of bytes, as far as they are stored.
  var size: Int { get }
  /// Fills as much of `buffer` as there are bytes left. Fewer than asked for come only at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A regular file, open for reading.
final class InputFile: ByteSource {
  let name: String
  let size: Int
  private let descriptor: Int32

  /// - Throws: ``Failure`` of kind `missingInput` where there is no such file, `inputOutput` where it cannot be read.
  init(_ path: String) throws(Failure) {
    var status = stat()
    var place = path
    if !Self.reads(place, &status) {
      let code = errno
      // A name may be spelled with other characters that look the same, as macOS writes accents.
      guard code == ENOENT, let other = spelling(onDiskOf: path), Self.reads(other, &status) else {
        throw Failure.unreadable(path, code: code)
      }
      place = other
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw Failure.unreadable(path, code: EISDIR)
    default: throw Failure(.inputOutput, "\(path): expected a regular file; put a file with the data in its place")
    }
    descriptor = PathText.withBytes(of: place) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Failure.unreadable(path, code: errno) }
    name = path
    size = Int(status.st_size)
  }

  deinit { _ = close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    var filled = 0
    while filled < buffer.count {
      #if canImport(Darwin)
        let n = Darwin.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      #elseif canImport(Musl)
        let n = Musl.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      #else
        let n = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      #endif
      if n == 0 { break }
      if n > 0 {
        filled += n
      } else if errno != EINTR {
        throw Failure.unreadable(name, code: errno)
      }
    }
    return filled
  }

  /// The next bytes, fewer at the end.
  func next(_ count: Int) throws(Failure) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { buffer.deallocate() }
    return Array(buffer.prefix(try read(into: buffer)))
  }

  /// The bytes from a place on, fewer at the end; ``next(_:)`` goes on behind them.
  func bytes(at offset: Int, count: Int) throws(Failure) -> [UInt8] {
    guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw Failure.unreadable(name, code: errno) }
    return try next(count)
  }

  private static func reads(_ path: String, _ status: inout stat) -> Bool {
    PathText.withBytes(of: path) { stat($0, &status) } == 0
  }
}

/// Bytes that the program holds already.
struct MemoryBytes: ByteSource {
  let name: String
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// - Parameter bytes: must outlive the source.
  init(name: String, _ bytes: UnsafeRawBufferPointer) {
    self.name = name
    self.bytes = bytes
  }

  var size: Int { bytes.count }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let n = min(buffer.count, bytes.count - position)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<(position + n)]))
    position += n
    return n
  }
}
