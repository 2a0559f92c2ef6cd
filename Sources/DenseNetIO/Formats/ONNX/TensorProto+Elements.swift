import DenseNets
import Foundation

extension ONNXTensorProto {
  /// The tensor's elements, from wherever they lie.
  /// - Throws: ``WeightsProblem`` where their number does not fit the shape, or they cannot be read.
  func value(external: ExternalData) throws(WeightsProblem) -> TensorValue {
    guard let type = ONNXElementType(rawValue: dataType) else {
      throw problem("its elements are of type \(dataType), expected FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT32 or INT64")
    }
    let (shape, count) = try extent(type)
    let value: TensorValue?
    if dataLocation == .external {
      value = elements(try external.bytes(of: self, count: count * type.stored.size), type, shape)
    } else if hasRawData {
      try require(rawData.count, count * type.stored.size, "bytes")
      value = elements(rawData, type, shape)
    } else {
      value = try listed(type, shape, count)
    }
    guard let value else { throw problem("its elements cannot be read") }
    return value
  }

  /// - Throws: ``WeightsProblem`` for a shape that is none, or that has more elements than can be.
  private func extent(_ type: ONNXElementType) throws(WeightsProblem) -> (shape: [Int], count: Int) {
    var count = 1
    guard dims.count <= 8 else { throw problem("expected at most 8 axes, found \(dims.count)") }
    for axis in dims {
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(axis))
      guard (0...1 << 24).contains(axis), !overflow, product <= 1 << 40 else {
        throw problem("shape \(dims) is impossible")
      }
      count = product
    }
    return (dims.map(Int.init), count)
  }

  private func elements(_ bytes: Data, _ type: ONNXElementType, _ shape: [Int]) -> TensorValue? {
    bytes.withUnsafeBytes { type.stored.value($0, shape: shape) }
  }

  /// The elements as the format lists them one by one.
  private func listed(_ type: ONNXElementType, _ shape: [Int], _ count: Int) throws(WeightsProblem) -> TensorValue? {
    switch type {
    case .float:
      try require(floatData.count, count, "elements")
      return .floating(Tensor(shape: shape, values: floatData))
    case .double:
      try require(doubleData.count, count, "elements")
      return .floating(Tensor(shape: shape, values: doubleData.map { Float($0) }))
    case .int64:
      try require(int64Data.count, count, "elements")
      return .integer(int64Data, shape: shape)
    case .int32, .uint8, .int8:
      try require(int32Data.count, count, "elements")
      return .integer(int32Data.map(Int64.init), shape: shape)
    case .float16, .bfloat16:
      try require(int32Data.count, count, "elements")
      let bits = int32Data.map { UInt16(truncatingIfNeeded: $0).littleEndian }
      return bits.withUnsafeBytes { type.stored.value($0, shape: shape) }
    }
  }

  private func require(_ found: Int, _ expected: Int, _ unit: String) throws(WeightsProblem) {
    guard found == expected else { throw problem("expected \(expected) \(unit) for shape \(dims), found \(found)") }
  }

  func problem(_ reason: String) -> WeightsProblem {
    WeightsProblem("tensor \"\(printable(name))\": \(reason)")
  }
}
