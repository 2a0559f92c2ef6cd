/// Memory of a map: `count` values of one precision, in a buffer that other maps may share.
struct MapMemory: Sendable {
  let buffer: Buffer<UInt8>
  /// In bytes.
  let start: Int
  let count: Int
  let precision: Precision

  init(_ buffer: Buffer<UInt8>, start: Int, count: Int, _ precision: Precision) {
    precondition(start >= 0 && start + count * precision.bytes <= buffer.count && start % 64 == 0)
    (self.buffer, self.start, self.count, self.precision) = (buffer, start, count, precision)
  }

  /// Memory of its own.
  init(_ count: Int = 0, _ precision: Precision = .fp32) {
    self.init(Buffer(count * precision.bytes), start: 0, count: count, precision)
  }

  /// In memory that is bytes.
  init(_ bytes: Bytes, count: Int, _ precision: Precision) {
    guard case .bytes(let buffer) = bytes.memory else { preconditionFailure("a map does not lie in scratch") }
    self.init(buffer, start: bytes.start, count: count, precision)
  }

  static let none = MapMemory()

  func slice(at offset: Int = 0) -> MapSlice { MapSlice(memory: self, offset: offset) }
}

/// A map from a value on: where a slice of channels begins.
struct MapSlice {
  let memory: MapMemory
  let offset: Int
  var precision: Precision { memory.precision }

  /// The pointer, if `count` values from here on exist.
  func pointer(_ count: Int) -> UnsafeMutableRawPointer {
    precondition(
      offset >= 0 && count >= 0 && offset + count <= memory.count,
      "\(offset)..<\(offset + count) is outside of 0..<\(memory.count)")
    return UnsafeMutableRawPointer(memory.buffer.base) + memory.start + offset * precision.bytes
  }

  /// Writes raw values of fp32.
  func write(_ values: [Float]) {
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      floats(values.count).update(from: base, count: values.count)
    }
  }

  /// The same of a map of fp32.
  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    precondition(precision == .fp32)
    return pointer(count).assumingMemoryBound(to: Float.self)
  }
}
