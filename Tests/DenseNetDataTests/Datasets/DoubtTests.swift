import Foundation
import Testing

@testable import DenseNetData

/// Images that are probably not what they are learnt as.
@Suite struct DoubtTests {
  private func train(_ files: [(String, Int)]) async throws -> LabeledImageFiles {
    var result: LabeledImageFiles?
    let fixtures = try ["png/sequential/rgb.png", "bmp/rgb24.bmp", "gif/palette.gif"].map { try ImageFixture.bytes($0) }
    try await withTemporaryFolder { folder in
      for (file, image) in files {
        let place = URL(fileURLWithPath: folder + "/" + file)
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try write(fixtures[image], to: place.path)
      }
      result = try ImageSource.folder(folder).splits(SplitRule(testShare: 0)).train
    }
    return try #require(result)
  }

  @Test func masksBesideTheirImagesAreNamed() async throws {
    let found = try await train([("a/1.png", 0), ("a/1_mask.png", 1), ("b/2.png", 0), ("b/2_seg.png", 2)]).masks
    #expect(
      found?.hasPrefix("2 of 4 training images seem to be masks of others, such as ") == true, "\(found ?? "none")")
    #expect(try await train([("a/1.png", 0), ("a/face_mask.png", 1), ("b/2.png", 2), ("b/3.png", 2)]).masks == nil)
  }

  @Test func classesOfImagesAndMasksAreNamed() async throws {
    let found = try await train([("images/1.png", 0), ("images/2.png", 1), ("masks/1.png", 2), ("masks/2.png", 0)])
      .masks
    #expect(found?.contains("images and masks") == true, "\(found ?? "none")")
  }

  /// Grey of 16 bits with the values of 8 or 12: next to nothing is left of their highest 8 bits.
  @Test(arguments: [(255, true), (4095, true), (4096, false), (65_535, false)])
  func imagesThatUseFewOfTheir16BitsAreNamed(largest: Int, isNamed: Bool) throws {
    let bytes = png16(width: 4, values: (0..<8).map { UInt16(largest * $0 / 7) })
    let image = try DecodedImage(bytes: bytes, source: "x.png")
    #expect(image.isDark == isNamed)
    var shapes = ImageShapes()
    shapes.add(image)
    #expect((shapes.darkness != nil) == isNamed)
    shapes.add(try DecodedImage(bytes: try ImageFixture.bytes("png/sequential/rgb.png"), source: "y.png"))
    if isNamed { #expect(shapes.darkness?.hasPrefix("1 of 2 images have 16 bits a value") == true) }
  }
}

/// A grey PNG of 16 bits a value, its rows in one block that is not compressed.
private func png16(width: Int, values: [UInt16]) -> [UInt8] {
  func bigEndian(_ number: Int, _ count: Int = 4) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
  func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    bigEndian(content.count) + Array(name.utf8) + content + [0, 0, 0, 0]
  }
  let height = values.count / width
  var rows: [UInt8] = []
  for y in 0..<height { rows += [0] + values[y * width..<(y + 1) * width].flatMap { bigEndian(Int($0), 2) } }
  var (a, b) = (1, 0)
  for byte in rows {
    a = (a + Int(byte)) % 65_521
    b = (b + a) % 65_521
  }
  let length = bigEndian(rows.count, 2).reversed()
  let stream = [0x78, 1, 1] + length + length.map { ~$0 } + rows + bigEndian(b << 16 | a)
  let header = bigEndian(width) + bigEndian(height) + [16, 0, 0, 0, 0]
  return
    ([0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa] + chunk("IHDR", header) + chunk("IDAT", stream) + chunk("IEND", []))
    .withPNGChecksums()
}
