/// A buffer from an element on: where a map's slice of channels begins.
struct Slice {
  let buffer: Buffer<Float>
  let offset: Int

  init(_ buffer: Buffer<Float>, at offset: Int = 0) {
    self.buffer = buffer
    self.offset = offset
  }

  subscript(index: Int) -> Float { buffer[offset + index] }

  /// The pointer, if `count` elements from here on exist.
  func pointer(_ count: Int) -> UnsafeMutablePointer<Float> { buffer.pointer(offset..<offset + count) }
}
