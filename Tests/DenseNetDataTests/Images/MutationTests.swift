import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Hostile files: seeded mutations of good ones. Whatever the bytes, the answer is an image or an error.
@Suite struct MutationTests {
  /// Of each of four seeds; a hundred thousand files in all for each format.
  static let count = 25_000

  private static func seeds(_ suffix: String) throws -> [[UInt8]] {
    try ImageFixture.all.map(\.name).filter { $0.hasSuffix(suffix) }.map(ImageFixture.bytes)
  }

  /// Decodes mutants of the files with a suffix, with little room for what their headers promise.
  private func decode(_ suffix: String, finish: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }) async throws {
    let seeds = try Self.seeds(suffix)
    try await inParallel(4) { Self.decode(seeds, seed: UInt64($0 + 1), finish) }
  }

  private static func decode(_ seeds: [[UInt8]], seed: UInt64, _ finish: ([UInt8]) -> [UInt8]) {
    var mutator = Mutator(seed: seed, seeds: seeds)
    var decoded = 0
    for n in 0..<count {
      let mutant = mutator.next()
      let bytes = n.isMultiple(of: 2) ? finish(mutant) : mutant
      do {
        let image = try DecodedImage(bytes: bytes, source: "a", pixelLimit: 1 << 14)
        if image.pixels.count != image.width * image.height * image.channels || image.width * image.height > 1 << 14 {
          Issue.record("mutant \(n) of \(seed) has \(image.height)x\(image.width) pixels")
        }
        decoded += 1
      } catch {
        if error.kind != .invalidData || !error.description.hasPrefix("a: ") {
          Issue.record("mutant \(n) of \(seed): \(error)")
        }
      }
    }
    // Both outcomes are common: the mutants are neither all good nor all hopeless.
    #expect((count / 50...count * 49 / 50).contains(decoded), "\(decoded) of \(count) were decoded")
  }

  @Test(.timeLimit(.minutes(2))) func jpeg() async throws { try await decode(".jpg") }

  /// Half of them with right checksums, so that what is inside is read.
  @Test(.timeLimit(.minutes(2))) func png() async throws { try await decode(".png") { $0.withPNGChecksums() } }

  @Test(.timeLimit(.minutes(2))) func webp() async throws { try await decode(".webp") }

  @Test(.timeLimit(.minutes(2))) func gif() async throws { try await decode(".gif") }

  @Test(.timeLimit(.minutes(2))) func bmp() async throws { try await decode(".bmp") }

  @Test(.timeLimit(.minutes(2))) func tiff() async throws { try await decode(".tif") }

  @Test(.timeLimit(.minutes(2))) func orientation() async throws {
    let files = try ImageFixture.all.map(\.name).filter { $0.contains("orientation") || $0.contains("exif") }
      .map { Array(try ImageFixture.bytes($0).prefix(120)) }
    let tiff = files.compactMap { file in
      file.indices.first { file[$0...].starts(with: [0x49, 0x49, 42, 0]) }.map { Array(file[$0...]) }
    }
    try await inParallel(4) { chunk in
      var mutator = Mutator(seed: UInt64(chunk + 1), seeds: files)
      var inner = Mutator(seed: UInt64(chunk + 1), seeds: tiff)
      var found: Set<EXIFOrientation?> = []
      for _ in 0..<Self.count {
        found.insert(EXIFOrientation(ofFile: mutator.next()))
        found.insert(TIFFDirectory(inner.next()[...])?.orientation.flatMap(EXIFOrientation.init))
      }
      #expect(found.count == 9, "\(found)")
    }
  }
}

/// Good files with a few changes: bits, bytes that mean something, parts lost, repeated or from another file.
private struct Mutator {
  private var random: RandomSource
  private let seeds: [[UInt8]]

  init(seed: UInt64, seeds: [[UInt8]]) {
    random = RandomSource(seed: seed)
    self.seeds = seeds
  }

  mutating func next() -> [UInt8] {
    var bytes = seeds.randomElement(using: &random)!
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    // Headers, where most decisions are made, are changed as often as all the rest.
    let limit = Bool.random(using: &random) ? min(bytes.count, 200) : bytes.count
    let at = Int.random(in: 0..<limit, using: &random)
    let length = min(Int.random(in: 1...16, using: &random), bytes.count - at)
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<6: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 6..<9: bytes[at] = [0, 1, 0x7f, 0x80, 0xd8, 0xd9, 0xda, 0xff].randomElement(using: &random)!
    case 9..<11: bytes[at] = .random(in: .min ... .max, using: &random)
    case 11: bytes.removeSubrange(at..<at + length)
    case 12: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
    case 13: bytes.removeLast(bytes.count - at)
    case 14: bytes.replaceSubrange(at..<at + length, with: repeatElement(0xff, count: length))
    default:
      let other = seeds.randomElement(using: &random)!
      bytes.replaceSubrange(at..., with: other.dropFirst(at))
    }
  }
}
