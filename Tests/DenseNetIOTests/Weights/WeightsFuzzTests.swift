import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

/// Mutated files either parse or are refused in one line; nothing traps, hangs or grows. A hundred thousand or more of each
/// kind: archives, files from before 1.6, and pickles by themselves.
@Suite(.serialized) struct WeightsFuzzTests {
  private static let fixtures = [
    "containers/zip-2.pth", "containers/zip-4.pth", "containers/legacy-2.pth", "containers/legacy-5.pth",
    "wrapped/nested.pth", "wrapped/nested-legacy.pth", "views.pth",
    "types-legacy.pth", "containers/deflated.pth", "old-names.safetensors",
  ]

  @Test(arguments: fixtures) func mutatedFilesNeverCrash(name: String) async throws {
    let original = [UInt8](try Data(contentsOf: checkpoints.appendingPathComponent(name)))
    try await mutate(original, count: 25_000, seed: 0xf11e) { bytes throws(Failure) in
      try WeightsFile(data: Data(bytes), source: "mutant")
    }
  }

  /// Without the archive around it, whose checksums would keep most mutations from the pickle.
  @Test(arguments: [
    "containers/zip-2.pth", "containers/zip-4.pth", "wrapped/nested.pth", "views.pth", "types.pth",
    "refused/system-4.pth",
  ])
  func mutatedPicklesNeverCrash(name: String) async throws {
    let data = try Data(contentsOf: checkpoints.appendingPathComponent(name))
    let pickle = try ZipReader.reading(data) { archive throws(WeightsProblem) in
      let path = archive.names.first { $0.hasSuffix("/data.pkl") } ?? ""
      return try archive.content(of: path, atMost: 1 << 20) ?? Data()
    }
    let elements = Data(repeating: 0x3c, count: 480)
    try await mutate([UInt8](pickle), count: 17_000, seed: 0x91c8) { bytes throws(Failure) in
      do throws(WeightsProblem) {
        var unpickler = Unpickler(bytes)
        let checkpoint = try TorchCheckpoint(try unpickler.load(), unpickler.heap)
        return try checkpoint.file(storageBytes: elements.count) { _ throws(WeightsProblem) in elements }
      } catch {
        throw error.failure(in: "mutant")
      }
    }
  }

  private func mutate(
    _ original: [UInt8], count: Int, seed: UInt64,
    _ read: @escaping @Sendable ([UInt8]) throws(Failure) -> WeightsFile
  ) async throws {
    let before = ProcessMemory.peakResidentBytes()
    let began = ContinuousClock.now
    try await inParallel(2) { chunk in
      Self.mutate(original, count: count / 2, seed: seed &+ UInt64(original.count) &+ UInt64(chunk) << 32, read)
    }
    #expect(ProcessMemory.peakResidentBytes() - before < 256 << 20)
    #expect(ContinuousClock.now - began < .seconds(20))
  }

  private static func mutate(
    _ original: [UInt8], count: Int, seed: UInt64, _ read: ([UInt8]) throws(Failure) -> WeightsFile
  ) {
    var random = SplitMix(state: seed)
    var (parsed, refused) = (0, 0)
    for _ in 0..<count {
      let bytes = mutant(of: original, using: &random)
      do {
        _ = try read(bytes)
        parsed += 1
      } catch {
        #expect(error.kind == .invalidData && !error.description.contains { $0.isNewline })
        #expect(error.description.count < 1000)
        refused += 1
      }
    }
    #expect(refused > count / 4, "\(parsed) parsed, \(refused) refused")
  }

  private static func mutant(of original: [UInt8], using random: inout SplitMix) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let position = Int.random(in: 0..<bytes.count, using: &random)
      let length = min(Int.random(in: 1...40, using: &random), bytes.count - position)
      switch Int.random(in: 0..<9, using: &random) {
      case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[position] = .random(in: 0 ... .max, using: &random)
      case 2: bytes[position] = opcodes.randomElement(using: &random)!
      case 3: bytes.remove(at: position)
      case 4: bytes.insert(opcodes.randomElement(using: &random)!, at: position)
      case 5: bytes.removeSubrange(position..<position + length)
      case 6:
        bytes.insert(
          contentsOf: bytes[position..<position + length], at: Int.random(in: 0...bytes.count, using: &random))
      case 7:
        let large = [0, 0x7f, 0x80, 0xff].randomElement(using: &random)! as UInt8
        for index in position..<min(position + 4, bytes.count) { bytes[index] = large }
      default:
        if Int.random(in: 0..<8, using: &random) == 0 { bytes.removeSubrange(position...) }
      }
    }
    return bytes
  }

  private static let opcodes: [UInt8] = (0...255).filter { Opcode(rawValue: $0) != nil }
}
