import DenseNetIO
import DenseNets
import Foundation

/// `Tests/Fixtures/safetensors`.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Fixtures/safetensors")

/// Runs `body` in a fresh folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("densenet-io-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The failure that `body` throws, or nil.
func failure(of body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? Failure
  }
}

/// Everything in a folder, hidden files included.
func contents(of folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

/// A file of the given header text and data.
func safetensors(_ header: String, data: Int = 0) -> Data {
  safetensors(Array(header.utf8), data: data)
}

func safetensors(_ header: [UInt8], data: Int = 0) -> Data {
  var file = Data()
  withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
  file.append(contentsOf: header)
  file.append(Data(count: data))
  return file
}

/// A small generator with a fixed sequence.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// Does the work of each of so many chunks, on all cores at once.
func inParallel(_ chunks: Int, _ work: @escaping @Sendable (Int) throws -> Void) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for chunk in 0..<chunks { group.addTask { try work(chunk) } }
    try await group.waitForAll()
  }
}
