public import DenseNets
public import Foundation

/// The content of a [safetensors](https://github.com/huggingface/safetensors) file: named tensors and, optionally,
/// text metadata. Files go both ways with Python's `safetensors.torch`.
///
/// Read are BOOL, U8–U64, I8–I64, F16, BF16, F32 and F64; written are F32 and I64.
public struct SafetensorsFile: Sendable, Equatable {
  /// The tensors; after reading, in the order of their data in the file. Shapes and elements are in PyTorch's order.
  public var tensors: [NamedTensor]
  /// Text by key. Written only when it is not empty.
  public var metadata: [String: String]
  /// The file's name for messages.
  public var source: String

  public init(tensors: [NamedTensor] = [], metadata: [String: String] = [:], source: String = "weights") {
    self.tensors = tensors
    self.metadata = metadata
    self.source = source
  }

  /// The value of that name, or nil.
  /// - Complexity: O(number of tensors). ``StateDictionary`` is for looking up many.
  public subscript(name: String) -> TensorValue? {
    tensors.first { $0.name == name }?.value
  }
}

// MARK: Reading

extension SafetensorsFile {
  /// Reads a file.
  /// - Throws: `Failure(.missingInput)` when it is not there, `Failure(.inputOutput)` when it cannot be read,
  ///   `Failure(.invalidData)` when its content is not a sound safetensors file.
  public init(contentsOf url: URL) throws(Failure) {
    try self.init(data: try readFile(url), source: url.relativePath)
  }

  /// Reads a file's content.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)`, whatever the bytes are.
  public init(data: Data, source: String) throws(Failure) {
    do {
      try self.init(checking: data, source: source)
    } catch {
      throw Failure(.invalidData, "\(source): \(error.reason); save or download the file again")
    }
  }

  private init(checking data: Data, source: String) throws(SafetensorsProblem) {
    let headerSize = try Self.headerSize(data)
    let body = data.startIndex + 8 + headerSize
    let header = try SafetensorsHeader(
      json: [UInt8](data[data.startIndex + 8..<body]), dataSize: data.endIndex - body)
    var tensors: [NamedTensor] = []
    tensors.reserveCapacity(header.entries.count)
    for entry in header.entries {
      let value = data[body + entry.begin..<body + entry.end].withUnsafeBytes { Self.value(of: entry, $0) }
      guard let value else {
        throw SafetensorsProblem("tensor \(printable(entry.name)) holds integers of more than 63 bits")
      }
      tensors.append(NamedTensor(name: entry.name, value: value))
    }
    self.init(tensors: tensors, metadata: header.metadata, source: source)
  }

  private static func headerSize(_ data: Data) throws(SafetensorsProblem) -> Int {
    guard data.count >= 8 else {
      throw SafetensorsProblem("expected at least 8 bytes of safetensors, found \(data.count)")
    }
    let size = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard size <= SafetensorsHeader.maximumSize else {
      throw SafetensorsProblem(
        "expected a header of at most \(SafetensorsHeader.maximumSize) bytes, found a size of \(size), "
          + "so this is probably no safetensors file")
    }
    guard size <= data.count - 8 else {
      throw SafetensorsProblem("expected a header of \(size) bytes, but the file ends after \(data.count - 8)")
    }
    return Int(size)
  }

  private static func value(of entry: SafetensorsHeader.Entry, _ bytes: UnsafeRawBufferPointer) -> TensorValue? {
    guard entry.type.isFloating else {
      return entry.type.integers(bytes).map { .integer($0, shape: entry.shape) }
    }
    let values = entry.type.floats(bytes)
    // An empty tensor has nothing to put into another order, however long its other axes are.
    if values.isEmpty, entry.shape.count == 4 {
      return .floating(Tensor(shape: entry.shape, channelsLast: []))
    }
    return .floating(Tensor(shape: entry.shape, values: values))
  }

  /// Checks that every floating-point number is finite.
  /// - Throws: `Failure(.invalidData)` that names the first tensor with a NaN or an infinity.
  public func requireFinite() throws(Failure) {
    for case (let name, .floating(let tensor)) in tensors.map({ ($0.name, $0.value) }) {
      guard let index = tensor.values.firstIndex(where: { !$0.isFinite }) else { continue }
      throw Failure(
        .invalidData,
        "\(source): tensor \(printable(name)) holds \(tensor.values[index]) at element \(index), expected finite numbers; "
          + "use weights from before training diverged")
    }
  }
}

/// A file's bytes, mapped where that is safe.
private func readFile(_ url: URL) throws(Failure) -> Data {
  let path = url.relativePath
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
    throw Failure(.missingInput, "\(path): no such file; check the path")
  }
  if isFolder.boolValue {
    throw Failure(.inputOutput, "\(path): expected a file, found a folder; name the file inside it")
  }
  let kind =
    try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)[.type] as? FileAttributeType
  guard kind == .typeRegular else {
    throw Failure(.inputOutput, "\(path): expected a regular file, found a device or a pipe; name a file")
  }
  do {
    return try Data(contentsOf: url, options: .mappedIfSafe)
  } catch {
    throw Failure(.inputOutput, "\(path): cannot be read; check its permissions and the disk")
  }
}

// MARK: Writing

extension SafetensorsFile {
  /// Writes the file, whole or not at all; see ``AtomicFile``.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(to url: URL) throws(Failure) {
    try AtomicFile.write(serialized(), to: url)
  }

  /// The file's bytes. They depend on the names, values and metadata alone, not on the order of ``tensors``, and equal
  /// those of the reference library: wider types first, then by name, metadata keys sorted.
  /// - Precondition: no name appears twice, and none is `__metadata__`.
  public func serialized() -> Data {
    let ordered = tensors.sorted { left, right in
      let (a, b) = (left.value.typeOrder, right.value.typeOrder)
      return a == b ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : a < b
    }
    for (left, right) in zip(ordered, ordered.dropFirst()) {
      precondition(left.name != right.name, "the tensor \(left.name) appears twice")
    }
    var header = Self.header(ordered, metadata: metadata)
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
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.value.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return Array("{\(members.joined(separator: ","))}".utf8)
  }
}

extension TensorValue {
  /// The type that is written.
  fileprivate var type: SafetensorsType {
    switch self {
    case .floating: .f32
    case .integer: .i64
    }
  }

  /// The reference library puts wider types first.
  fileprivate var typeOrder: Int { -type.size }

  fileprivate var byteCount: Int {
    switch self {
    case .floating(let tensor): tensor.count * type.size
    case .integer(let values, _): values.count * type.size
    }
  }

  fileprivate func append(to data: inout Data) {
    if byteCount == 0 { return }
    switch self {
    case .floating(let tensor):
      tensor.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    case .integer(let values, _): values.map { $0.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    }
  }
}
