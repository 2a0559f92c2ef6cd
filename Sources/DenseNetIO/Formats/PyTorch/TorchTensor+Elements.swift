import Foundation

extension TorchTensor {
  /// The tensor's elements.
  /// - Parameter data: those of the whole storage.
  /// - Throws: ``WeightsProblem`` where the storage is shorter than the pickle says, or an integer has more than 63 bits.
  func value(from data: Data) throws(WeightsProblem) -> TensorValue {
    let expected = storage.fileCount * storage.elementSize
    guard data.count >= expected else {
      throw WeightsProblem(
        "storage \(printable(storage.key)) has \(data.count) bytes, expected \(expected)")
    }
    let begin = storage.begin * storage.elementSize + offset * type.size
    let value =
      isContiguous
      ? data.dropFirst(begin).prefix(count * type.size).withUnsafeBytes {
        type.value($0, shape: shape)
      }
      : data.dropFirst(begin).withUnsafeBytes { bytes in
        gathered(bytes).withUnsafeBytes { type.value($0, shape: shape) }
      }
    guard let value else { throw WeightsProblem("a tensor holds integers of more than 63 bits") }
    return value
  }

  private var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      if stride != expected { return count == 0 }
      expected *= length
    }
    return true
  }

  /// The elements row by row.
  /// - Parameter bytes: the storage from the first element on.
  private func gathered(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let size = type.size
    return [UInt8](unsafeUninitializedCapacity: count * size) { result, initialized in
      var index = [Int](repeating: 0, count: shape.count)
      var position = 0
      for element in 0..<count {
        for byte in 0..<size {
          result.initializeElement(at: element * size + byte, to: bytes[position * size + byte])
        }
        var axis = shape.count - 1
        while axis >= 0 {
          index[axis] += 1
          position += strides[axis]
          if index[axis] < shape[axis] { break }
          position -= strides[axis] * shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      initialized = count * size
    }
  }
}
