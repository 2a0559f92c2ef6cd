import Foundation
import Testing

/// Images that the decoder's tests use too.
enum Images {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../DenseNetDataTests/Fixtures/images").standardizedFileURL

  static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }
}

extension Sandbox {
  /// Copies fixtures to paths in the sandbox, and makes the folders for them.
  func add(_ images: KeyValuePairs<String, String>) throws {
    for (path, name) in images { try write(Images.data(name), to: path) }
  }

  func write(_ data: Data, to path: String) throws {
    let target = url(path)
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: target)
  }
}

/// The tensors and the metadata of a safetensors file, without the library that is tested.
struct TensorFile {
  var metadata: [String: String] = [:]
  /// fp32, row by row.
  var tensors: [String: (shape: [Int], values: [Float])] = [:]

  init() {}

  init(_ data: Data) throws {
    let size = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try object(String(decoding: data[8..<8 + size], as: UTF8.self))
    metadata = header["__metadata__"] as? [String: String] ?? [:]
    for (name, entry) in header.compactMapValues({ $0 as? [String: Any] }) where entry["dtype"] as? String == "F32" {
      let shape = try #require(entry["shape"] as? [Int])
      let offsets = try #require(entry["data_offsets"] as? [Int])
      let bytes = data[8 + size + offsets[0]..<8 + size + offsets[1]]
      let values = bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      tensors[name] = (shape, values)
    }
  }

  func serialized() throws -> Data {
    var header: [String: Any] = metadata.isEmpty ? [:] : ["__metadata__": metadata]
    var body = Data()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let begin = body.count
      tensor.values.withUnsafeBytes { body.append(contentsOf: $0) }
      header[name] = ["dtype": "F32", "shape": tensor.shape, "data_offsets": [begin, body.count]]
    }
    let json = try JSONSerialization.data(withJSONObject: header)
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + body
  }
}
