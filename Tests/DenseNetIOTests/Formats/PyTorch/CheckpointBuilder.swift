import Foundation

@testable import DenseNetIO

/// A pickle put together instruction by instruction, right or wrong.
struct Pickle {
  var bytes: [UInt8] = [0x80, 2]

  static func + (left: Pickle, right: [UInt8]) -> Pickle { Pickle(bytes: left.bytes + right) }

  /// Instructions that text can write, such as `]` and `cos\nsystem\n`.
  static func + (left: Pickle, right: String) -> Pickle { left + Array(right.utf8) }

  func text(_ value: String) -> Pickle { self + [0x58] + little(UInt32(value.utf8.count)) + Array(value.utf8) }
  func number(_ value: Int) -> Pickle { self + [0x8a, 8] + little(Int64(value)) }
  func numbers(_ values: [Int]) -> Pickle { values.reduce(self + "(") { $0.number($1) } + "t" }

  /// A storage by its key.
  func storage(_ key: String, count: Int, type: String = "FloatStorage", view: (Int, Int)? = nil) -> Pickle {
    var id = (self + "(").text("storage") + "ctorch\n\(type)\n"
    id = id.text(key).text("cpu").number(count)
    if let view { id = (id + "(").text("view").number(view.0).number(view.1) + "t" }
    return id + "tQ"
  }

  /// A tensor, whose storage `storage` puts.
  func tensor(
    offset: Int = 0, _ shape: [Int], strides: [Int], _ storage: (Pickle) -> Pickle = { $0.storage("0", count: 4) }
  ) -> Pickle {
    let built = storage(self + "ctorch._utils\n_rebuild_tensor_v2\n(").number(offset).numbers(shape).numbers(strides)
    return built + [0x89] + "NtR"
  }

  /// A dict of one entry, `value`, and the end.
  static func dict(_ key: String = "a", _ value: (Pickle) -> Pickle) -> Pickle {
    value((Pickle() + "}").text(key)) + "s."
  }

  func repeated(_ count: Int, _ instructions: String) -> Pickle {
    let one = Array(instructions.utf8)
    return self + [UInt8]((0..<count).lazy.flatMap { _ in one })
  }
}

func little<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian, Array.init)
}

/// A checkpoint of that pickle, as today's `torch.save` writes it.
func archive(_ pickle: Pickle, storages: [String: [UInt8]] = ["0": [UInt8](repeating: 0, count: 16)]) throws -> Data {
  var content = Data()
  var entries: [ZipEntry] = []
  let files = [("data.pkl", pickle.bytes)] + storages.sorted { $0.key < $1.key }.map { ("data/\($0.key)", $0.value) }
  for (name, bytes) in files {
    entries.append(ZipEntry(name: "x/\(name)", range: content.count..<content.count + bytes.count))
    content.append(contentsOf: bytes)
  }
  return try writeZip(entries, from: content)
}

/// A checkpoint of that pickle, as `torch.save` wrote it before 1.6.
func legacy(
  _ pickle: Pickle, keys: [String] = ["0"], storages: [[UInt8]] = [little(UInt64(4)) + Array(repeating: 0, count: 16)]
)
  -> Data
{
  let version = (Pickle() + [0x4d, 0xe9, 0x03]) + "."
  let system = (Pickle() + "}").text("little_endian") + [0x88] + "s."
  let names = keys.reduce(Pickle() + "](") { $0.text($1) } + "e."
  return Data(TorchLegacy.magics[0] + [0x2e] + version.bytes + system.bytes + pickle.bytes + names.bytes)
    + Data(storages.joined())
}

/// A zip archive with nothing packed, whose directory may name a file more than once.
func rawZip(_ files: [(name: String, bytes: [UInt8])], directory: [Int]? = nil) -> Data {
  func fields(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0] + little(crc(bytes)) + little(UInt32(bytes.count)) + little(UInt32(bytes.count))
      + little(UInt16(name.utf8.count)) + [0, 0]
  }
  var data: [UInt8] = []
  var offsets: [Int] = []
  for file in files {
    offsets.append(data.count)
    data += [0x50, 0x4b, 3, 4] + fields(file.name, file.bytes) + Array(file.name.utf8) + file.bytes
  }
  let start = data.count
  let listed = directory ?? Array(files.indices)
  for index in listed {
    data += [0x50, 0x4b, 1, 2, 20, 0] + fields(files[index].name, files[index].bytes)
    data += [UInt8](repeating: 0, count: 10) + little(UInt32(offsets[index])) + Array(files[index].name.utf8)
  }
  let size = data.count - start
  data += [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + little(UInt16(listed.count)) + little(UInt16(listed.count))
  return Data(data + little(UInt32(size)) + little(UInt32(start)) + [0, 0])
}

private func crc(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
  }
}
