import DenseNets
import Foundation

/// The [safetensors](https://github.com/huggingface/safetensors) format. Files go both ways with Python's
/// `safetensors.torch`.
///
/// Read are BOOL, U8–U64, I8–I64, F16, BF16, F32 and F64; written are F32, I64 and I8.
enum Safetensors {
  /// Reads a file's content; its tensors come in the order of their data.
  static func decoded(_ data: Data) throws(WeightsProblem) -> WeightsFile {
    let headerSize = try headerSize(data)
    let body = data.startIndex + 8 + headerSize
    let header = try SafetensorsHeader(
      json: [UInt8](data[data.startIndex + 8..<body]), dataSize: data.endIndex - body)
    var tensors: [NamedTensor] = []
    tensors.reserveCapacity(header.entries.count)
    for entry in header.entries {
      let value = data[body + entry.begin..<body + entry.end].withUnsafeBytes {
        entry.type.value($0, shape: entry.shape)
      }
      guard let value else {
        throw WeightsProblem("tensor \(printable(entry.name)) holds integers of more than 63 bits")
      }
      tensors.append(NamedTensor(name: entry.name, value: value))
    }
    return WeightsFile(tensors: tensors, metadata: header.metadata)
  }

  private static func headerSize(_ data: Data) throws(WeightsProblem) -> Int {
    guard data.count >= 8 else {
      throw WeightsProblem("expected at least 8 bytes of safetensors, found \(data.count)")
    }
    let size = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard size <= SafetensorsHeader.maximumSize else {
      throw WeightsProblem(
        "expected a header of at most \(SafetensorsHeader.maximumSize) bytes, found a size of \(size), "
          + "so this is probably neither a safetensors file nor a PyTorch checkpoint")
    }
    guard size <= data.count - 8 else {
      throw WeightsProblem("expected a header of \(size) bytes, but the file ends after \(data.count - 8)")
    }
    return Int(size)
  }

  /// A file's bytes. They depend on the names, values and metadata alone, not on the order of the tensors, and equal
  /// those of the reference library: wider types first, then by name, metadata keys sorted.
  /// - Precondition: no name appears twice, and none is `__metadata__`.
  static func encoded(_ file: WeightsFile) -> Data {
    let ordered = file.tensors.sorted { left, right in
      let (a, b) = (left.value.typeOrder, right.value.typeOrder)
      return a == b ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : a < b
    }
    for (left, right) in zip(ordered, ordered.dropFirst()) {
      precondition(left.name != right.name, "the tensor \(left.name) appears twice")
    }
    var header = header(ordered, metadata: file.metadata)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var data = Data(capacity: 8 + header.count + ordered.reduce(0) { $0 + $1.value.byteCount })
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header)
    for tensor in ordered { tensor.value.append(to: &data) }
    return data
  }

  private static func header(_ ordered: [NamedTensor], metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      members.append(
        "\"__metadata__\":{" + pairs.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",") + "}")
    }
    var offset = 0
    for tensor in ordered {
      precondition(tensor.name != "__metadata__", "no tensor can be called __metadata__")
      let end = offset + tensor.value.byteCount
      let shape = tensor.value.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.value.writtenType.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return Array("{\(members.joined(separator: ","))}".utf8)
  }
}

extension TensorValue {
  /// The type that is written.
  var writtenType: ElementType {
    switch self {
    case .floating: .f32
    case .integer: .i64
    case .int8: .i8
    }
  }

  /// The reference library puts wider types first.
  fileprivate var typeOrder: Int { -writtenType.size }

  /// Bytes of the elements in the file.
  var byteCount: Int { count * writtenType.size }

  /// Appends the elements in the order of the file: row by row, little-endian.
  func append(to data: inout Data) {
    if byteCount == 0 { return }
    switch self {
    case .floating(let tensor):
      tensor.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    case .integer(let values, _): values.map { $0.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    case .int8(let values, _): values.withUnsafeBytes { data.append(contentsOf: $0) }
    }
  }
}
