import Foundation

/// What `torch.save` wrote before PyTorch 1.6: pickles of a magic number, a protocol version, the writer's system, the
/// object, and the keys of its storages; then, for each key, a count of elements in 8 bytes, and the elements.
enum TorchLegacy {
  /// How such a file begins: 0x1950a86a20f9469cfc6c, by a pickle of protocol 2 to 5, 1 and 0.
  static let magics: [[UInt8]] =
    [[0x80, 2], [0x80, 3], [0x80, 4] + frame, [0x80, 5] + frame].map { $0 + [0x8a, 0x0a] + magic }
    + [Array("L119547037146038801333356L\n.".utf8)]
  private static let frame: [UInt8] = [0x95, 13, 0, 0, 0, 0, 0, 0, 0]
  private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
  private static let version = 1001

  /// Reads a file's content, and where in the checkpoint its tensors were.
  /// - Parameter entry: to read; nil: the usual one.
  static func decoded(
    _ data: Data, entry: String?
  ) throws(WeightsProblem) -> (file: WeightsFile, checkpoint: TorchCheckpoint) {
    var unpickler = Unpickler([UInt8](data.prefix(Unpickler.maximumSize)))
    _ = try unpickler.load()
    let found = try unpickler.load()
    guard found == .integer(version) else {
      throw WeightsProblem(
        "expected PyTorch's legacy protocol \(version), found \(unpickler.heap.description(found))",
        remedy: TorchCheckpoint.remedy)
    }
    let system = try unpickler.load()
    guard unpickler.heap.dict(system)?["little_endian"] != .bool(false) else { throw bigEndian }
    let root = try unpickler.load()
    let checkpoint = try TorchCheckpoint(root, unpickler.heap, entry: entry)
    let sizes = try elementSizes(unpickler.heap.storages)
    let keys = try unpickler.load()
    let ranges = try storageRanges(
      unpickler.heap[keys]?.items ?? [], sizes, in: data, from: data.startIndex + unpickler.reader.position)
    let file = try checkpoint.file(storageBytes: data.count) { storage throws(WeightsProblem) in
      guard let range = ranges[storage.key] else {
        throw WeightsProblem("it does not have the elements of storage \(printable(storage.key))")
      }
      return data[range]
    }
    return (file, checkpoint)
  }

  static var bigEndian: WeightsProblem {
    WeightsProblem("its values are big-endian, expected little-endian", remedy: "save it on a little-endian machine")
  }

  private static func elementSizes(_ storages: [TorchStorage]) throws(WeightsProblem) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for storage in storages {
      guard sizes.updateValue(storage.elementSize, forKey: storage.key) ?? storage.elementSize == storage.elementSize
      else { throw WeightsProblem("storage \(printable(storage.key)) is declared in two ways") }
    }
    return sizes
  }

  /// Where each storage's elements lie. The file must end with the last of them.
  private static func storageRanges(
    _ keys: [PickleValue], _ sizes: [String: Int], in data: Data, from start: Int
  ) throws(WeightsProblem) -> [String: Range<Int>] {
    var ranges: [String: Range<Int>] = [:]
    var position = start
    for case .string(let key) in keys {
      let shown = printable(key)
      guard let size = sizes[key] else { throw WeightsProblem("its storage \(shown) belongs to no tensor") }
      guard data.endIndex - position >= 8 else {
        throw WeightsProblem("it ends before the elements of storage \(shown)")
      }
      let count = data[position..<position + 8].withUnsafeBytes {
        UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
      }
      position += 8
      guard count <= (data.endIndex - position) / size else {
        throw WeightsProblem("storage \(shown) has \(count) elements, but the file ends before they do")
      }
      let end = position + Int(count) * size
      guard ranges.updateValue(position..<end, forKey: key) == nil else {
        throw WeightsProblem("it has storage \(shown) twice")
      }
      position = end
    }
    guard position == data.endIndex else {
      throw WeightsProblem("\(data.endIndex - position) bytes follow its last storage")
    }
    return ranges
  }
}
