import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct IDXFileTests {
  private let images = idx([2, 3, 4], (0..<24).map { UInt8($0) })

  private func read(_ bytes: [UInt8], rank: Int = 3, name: String = "images") async throws -> IDXFile {
    try await withTemporaryFolder { folder in
      try write(bytes, to: folder + "/" + name)
      return try IDXFile(folder + "/" + name, rank: rank, remedy: "REMEDY")
    }
  }

  private func expectInvalid(
    _ bytes: [UInt8], name: String = "images", rank: Int = 3, mentions: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    await expectFailure(.invalidData, mentions: mentions + [name, "REMEDY"], sourceLocation: sourceLocation) {
      try await read(bytes, rank: rank, name: name)
    }
  }

  @Test func contentDecidesNotTheName() async throws {
    for (bytes, name) in [(images, "a"), (images, "a.gz"), (gzip(images), "a"), (gzip(images), "a.gz")] {
      let file = try await read(bytes, name: name)
      #expect(file.extents == [2, 3, 4])
      #expect(file.values == (0..<24).map { UInt8($0) })
      #expect(file.md5 == md5(images))
    }
  }

  @Test func manyBlocksAndMembers() async throws {
    let values = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let content = idx([1000, 1000], values)
    let file = try await read(gzip(content), rank: 2)
    #expect(file.values == values)
    let halves = try await read(gzip(Array(content[..<777])) + gzip(Array(content[777...])), rank: 2)
    #expect(halves.values == values)
    #expect(halves.md5 == md5(content))
  }

  @Test func truncated() async {
    await expectInvalid([], mentions: "found 0 bytes")
    await expectInvalid([0, 0, 8], mentions: "found 3 bytes")
    await expectInvalid(Array(images[..<9]), mentions: "truncated")
    await expectInvalid(images.dropLast(), mentions: "expected 40 bytes, found 39")
    await expectInvalid(gzip(images.dropLast()), mentions: "expected 40 bytes, found 39")
  }

  @Test func truncatedGzipAtEveryLength() async throws {
    let whole = gzip(images)
    for length in 2..<whole.count {
      await expectInvalid(Array(whole[..<length]), name: "images.gz", mentions: "truncated")
    }
  }

  @Test func damagedGzip() async {
    var crc = gzip(images)
    crc[crc.count - 6] ^= 1
    await expectInvalid(crc, mentions: "damaged")
    var block = gzip(images)
    block[10] = 7
    await expectInvalid(block, mentions: "damaged")
    await expectInvalid([0x1f, 0x8b] + [UInt8](repeating: 9, count: 50), mentions: "damaged")
  }

  @Test func notGzipUnderItsName() async {
    await expectInvalid(Array("<!DOCTYPE html>".utf8), name: "images.gz", mentions: "1f 8b", "3c 21 44 4f")
    await expectInvalid(Array("<!DOCTYPE html>".utf8), name: "images", mentions: "00 00 08 03", "3c 21 44 4f")
  }

  @Test func trailingBytes() async {
    await expectInvalid(images + [0], mentions: "expected 40 bytes, found 41")
    await expectInvalid(gzip(images + [0]), mentions: "expected 40 bytes, found more")
    await expectInvalid(gzip(images) + [1, 2, 3], mentions: "after its gzip data")
  }

  @Test func lyingHeaders() async {
    await expectInvalid(idx([4], [1, 2, 3, 4]), mentions: "00 00 08 03", "00 00 08 01")
    await expectInvalid(images, rank: 1, mentions: "00 00 08 01", "00 00 08 03")
    await expectInvalid([0, 0, 13, 3] + images[4...], mentions: "00 00 0d 03")
    for count in [3, 60_000, 1 << 31, (1 << 32) - 1] {
      await expectInvalid(
        idx([count, 3, 4], [UInt8](repeating: 1, count: 24)),
        mentions: grouped(count < 1 << 31 ? count * 12 + 16 : count))
      let compressed = gzip(idx([count, 1, 1], [UInt8](repeating: 1, count: 24)))
      if count > 24 { await expectInvalid(compressed, mentions: "found 40") }
    }
    await expectInvalid(idx([1 << 31, 1 << 31, 1 << 31], [1]), mentions: "2,147,483,648 x 2,147,483,648", "17 bytes")
    await expectInvalid(gzip(idx([1 << 31, 28, 28], [1])), mentions: "2,147,483,648 x 28 x 28")
  }

  @Test func noImages() async {
    await expectInvalid(idx([0, 28, 28], []), mentions: "at least one value")
    await expectInvalid(idx([2, 0, 28], []), mentions: "at least one value")
  }

  /// A quarter of a gigabyte of zeros behind a header that promises 24 bytes is not unpacked.
  @Test func stopsWhereTheHeaderEnds() async throws {
    let bomb = gzip(idx([2, 3, 4], [UInt8](repeating: 0, count: 1 << 28)))
    try await withTemporaryFolder { folder in
      try write(bomb, to: folder + "/bomb.gz")
      let content = try GzipReader(ofFile: folder + "/bomb.gz", remedy: "REMEDY")
      await expectFailure(.invalidData, mentions: ["expected 40 bytes, found more"]) {
        try IDXFile(content, rank: 3, remedy: "REMEDY")
      }
      #expect(content.unpackedCount == 41)
    }
  }

  /// Files with some bytes changed are read or refused, and nothing else.
  @Test func changedBytes() throws {
    var generator = Xoshiro256(seed: 7, stream: 0)
    for round in 0..<3_000 {
      var bytes = round % 2 == 0 ? images : gzip(images)
      for _ in 0...generator.next(below: 4) {
        bytes[generator.next(below: bytes.count)] = UInt8(generator.next(below: 256))
      }
      try bytes.withUnsafeBytes { bytes in
        do {
          let content = try GzipReader(MemoryBytes(name: "noise", bytes), remedy: "REMEDY")
          let file = try IDXFile(content, rank: 3, remedy: "REMEDY")
          #expect(file.values.count == file.extents.reduce(1, *))
        } catch let failure as Failure {
          #expect(failure.kind == .invalidData)
        }
      }
    }
  }

  @Test func unreadableFiles() async throws {
    try await withTemporaryFolder { folder in
      await expectFailure(.missingInput, mentions: [folder + "/none", "no such file"]) {
        try IDXFile(folder + "/none", rank: 3, remedy: "")
      }
      await expectFailure(.inputOutput, mentions: [folder, "found a folder"]) {
        try IDXFile(folder, rank: 3, remedy: "")
      }
      await expectFailure(.inputOutput, mentions: ["/dev/null", "regular file"]) {
        try IDXFile("/dev/null", rank: 3, remedy: "")
      }
      try write(images, to: folder + "/locked")
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder + "/locked")
      if !FileManager.default.isReadableFile(atPath: folder + "/locked") {
        await expectFailure(.inputOutput, mentions: ["locked", "ermission"]) {
          try IDXFile(folder + "/locked", rank: 3, remedy: "")
        }
      }
    }
  }

  @Test func groupsDigits() {
    #expect([0, 999, 1000, 47_040_016, -1_234].map(grouped) == ["0", "999", "1,000", "47,040,016", "-1,234"])
  }
}
