internal import DenseNets

/// The element types that this package reads from weights files, by their safetensors names. F32, I64 and I8 are
/// also written.
enum ElementType: String, CaseIterable, Hashable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// Bytes per element.
  var size: Int {
    switch self {
    case .bool, .u8, .i8: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32: 4
    case .f64, .i64, .u64: 8
    }
  }

  var isFloating: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension ElementType {
  /// Bytes of the elements of `shape`, or nil where they cannot be computed with: even an empty tensor's other axes
  /// must stay below 2^48 bytes.
  func byteCount(of shape: [Int]) -> Int? {
    var extent = size
    for length in shape where length > 0 {
      let (product, overflow) = extent.multipliedReportingOverflow(by: length)
      guard !overflow, product <= 1 << 48 else { return nil }
      extent = product
    }
    return shape.contains(0) ? 0 : extent
  }

  /// The tensor of `shape` whose elements lie row by row in `bytes`; nil when an unsigned integer does not fit `Int64`.
  func value(_ bytes: UnsafeRawBufferPointer, shape: [Int]) -> TensorValue? {
    guard isFloating else { return integers(bytes).map { .integer($0, shape: shape) } }
    let values = floats(bytes)
    // An empty tensor has nothing to put into another order, however long its other axes are.
    if values.isEmpty, shape.count == 4 { return .floating(Tensor(shape: shape, channelsLast: [])) }
    return .floating(Tensor(shape: shape, values: values))
  }

  /// The elements of a floating-point type, rounded to `Float` where the file is wider.
  func floats(_ bytes: UnsafeRawBufferPointer) -> [Float] {
    switch self {
    case .f32: elements(bytes, UInt32.self) { Float(bitPattern: $0) }
    case .f64: elements(bytes, UInt64.self) { Float(Double(bitPattern: $0)) }
    case .bf16: elements(bytes, UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .f16: elements(bytes, UInt16.self, float(half:))
    default: preconditionFailure("\(rawValue) is not a floating-point type")
    }
  }

  /// The elements of an integer type, or nil when an unsigned one does not fit `Int64`.
  func integers(_ bytes: UnsafeRawBufferPointer) -> [Int64]? {
    switch self {
    case .bool: return elements(bytes, UInt8.self) { $0 == 0 ? 0 : 1 }
    case .u8: return elements(bytes, UInt8.self) { Int64($0) }
    case .i8: return elements(bytes, Int8.self) { Int64($0) }
    case .u16: return elements(bytes, UInt16.self) { Int64($0) }
    case .i16: return elements(bytes, Int16.self) { Int64($0) }
    case .u32: return elements(bytes, UInt32.self) { Int64($0) }
    case .i32: return elements(bytes, Int32.self) { Int64($0) }
    case .i64: return elements(bytes, Int64.self) { $0 }
    case .u64:
      let values = elements(bytes, Int64.self) { $0 }
      return values.allSatisfy { $0 >= 0 } ? values : nil
    default: preconditionFailure("\(rawValue) is not an integer type")
    }
  }
}

/// Little-endian elements of `Raw`, at any alignment, each converted.
private func elements<Raw: FixedWidthInteger & BitwiseCopyable, Value>(
  _ bytes: UnsafeRawBufferPointer, _: Raw.Type, _ convert: (Raw) -> Value
) -> [Value] {
  let count = bytes.count / MemoryLayout<Raw>.size
  return [Value](unsafeUninitializedCapacity: count) { result, initialized in
    for i in 0..<count {
      let raw = bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<Raw>.size, as: Raw.self)
      result.initializeElement(at: i, to: convert(Raw(littleEndian: raw)))
    }
    initialized = count
  }
}

/// IEEE half precision, exactly. `Float16` does not exist on every platform.
func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1f
  let fraction = UInt32(bits) & 0x3ff
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 0x1f: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
