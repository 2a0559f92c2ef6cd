/// Bytes from one on, in memory of their own or in a thread's scratch.
struct Bytes {
  enum Memory {
    case bytes(Buffer<UInt8>)
    case floats(Buffer<Float>)
  }

  let memory: Memory
  /// In bytes.
  let start: Int

  init(_ buffer: Buffer<UInt8>, at start: Int = 0) {
    memory = .bytes(buffer)
    self.start = start
  }

  /// - Parameter offset: in floats.
  init(scratch: Buffer<Float>, at offset: Int) {
    memory = .floats(scratch)
    start = 4 * offset
  }

  func advanced(by count: Int) -> Bytes { Bytes(memory: memory, start: start + count) }
  private init(memory: Memory, start: Int) { (self.memory, self.start) = (memory, start) }

  /// The pointer, if `count` bytes from here on exist.
  func pointer(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    switch memory {
    case .bytes(let buffer): return buffer.pointer(start..<start + count)
    case .floats(let buffer):
      precondition(start >= 0 && count >= 0 && start + count <= 4 * buffer.count)
      return UnsafeMutableRawPointer(buffer.base).assumingMemoryBound(to: UInt8.self) + start
    }
  }
}
