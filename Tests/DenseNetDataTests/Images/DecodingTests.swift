import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct DecodingTests {
  @Test func fixturesAreThere() {
    #expect(ImageFixture.all.count == 179)
  }

  @Test(arguments: ImageFixture.all)
  func equalsPillow(_ fixture: ImageFixture) throws {
    let image = try DecodedImage(contentsOf: fixture.path)
    #expect((image.height, image.width) == (fixture.height, fixture.width))
    #expect(image.converted(toChannels: 3).pixels == fixture.rgb)
    #expect(image.converted(toChannels: 1).pixels == fixture.grey)
    #expect(image.channels == (fixture.name.contains("grey") ? 1 : 3))
  }

  /// Every part of a file but the whole is refused by name.
  @Test(
    arguments: ImageFixture.all.map(\.name).filter {
      !["jpeg/trailing_bytes.jpg", "tiff/rgb/pages.tif", "gif/animation.gif"].contains($0)
    })
  func refusesTruncatedFiles(_ name: String) async throws {
    let bytes = try ImageFixture.bytes(name)
    try await inParallel(2) { chunk in
      for count in stride(from: chunk, to: bytes.count, by: 2) {
        let failure = #expect(throws: Failure.self) {
          try DecodedImage(bytes: Array(bytes.prefix(count)), source: "cut/\(name)")
        }
        #expect(failure?.kind == .invalidData && failure?.description.hasPrefix("cut/\(name): ") == true)
        #expect(failure?.description.contains("\n") == false)
      }
    }
    let most = #expect(throws: Failure.self) { try DecodedImage(bytes: bytes.dropLast(), source: name) }
    #expect(most?.description.contains("truncated") == true)
  }

  struct Wrong: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let parts: [String]
  }

  static let wrong = [
    Wrong(testDescription: "empty", bytes: [], parts: ["found an empty file"]),
    Wrong(
      testDescription: "text", bytes: Array("hello, world".utf8), parts: ["expected a JPEG, PNG", "found a text file"]),
    Wrong(testDescription: "start of a GIF", bytes: Array("GIF89a\u{1}\u{2}".utf8), parts: ["truncated"]),
    Wrong(testDescription: "start of a WebP", bytes: Array("RIFF\u{1}\u{1}\0\0WEBPVP8 ".utf8), parts: ["truncated"]),
    Wrong(testDescription: "start of a TIFF", bytes: [0x49, 0x49, 42, 0, 8, 0, 0, 0], parts: ["truncated"]),
    Wrong(testDescription: "heic", bytes: Array("\0\0\0\u{18}ftypheic".utf8), parts: ["found a HEIC image"]),
    Wrong(testDescription: "avif", bytes: Array("\0\0\0\u{18}ftypavif".utf8), parts: ["found an AVIF image"]),
    Wrong(testDescription: "svg", bytes: Array("<?xml version=\"1.0\"?><svg/>".utf8), parts: ["found an SVG image"]),
    Wrong(testDescription: "pdf", bytes: Array("%PDF-1.7".utf8), parts: ["found a PDF document"]),
    Wrong(testDescription: "start of a JPEG", bytes: [0xff, 0xd8, 0xff], parts: ["truncated"]),
    Wrong(testDescription: "start of a PNG", bytes: Array("\u{89}PNG\r\n".utf8), parts: ["expected a JPEG, PNG"]),
    Wrong(testDescription: "two JPEG starts", bytes: [0xff, 0xd8, 0xff, 0xd8, 0xff], parts: ["damaged", "SOI"]),
  ]

  @Test(arguments: wrong)
  func refusesOtherFiles(_ test: Wrong) {
    let failure = #expect(throws: Failure.self) { try DecodedImage(bytes: test.bytes, source: "a.jpg") }
    for part in ["a.jpg: "] + test.parts { #expect(failure?.description.contains(part) == true, "\(failure!)") }
  }

  @Test func refusesFilesThatAreNotThere() {
    let missing = #expect(throws: Failure.self) { try DecodedImage(contentsOf: "/absent/a.jpg") }
    #expect(missing?.kind == .missingInput)
    let folder = #expect(throws: Failure.self) { try DecodedImage(contentsOf: ImageFixture.folder.path) }
    #expect(folder?.kind == .inputOutput)
  }

  /// Sizes of a header that no memory holds, with the little data of a small image.
  @Test func refusesHugeImagesFromTheHeader() throws {
    var jpeg = try ImageFixture.bytes("jpeg/baseline_420.jpg")
    let frame = try #require(jpeg.indices.dropFirst().first { jpeg[$0 - 1] == 0xff && jpeg[$0] == 0xc0 })
    jpeg.replaceSubrange(frame + 4..<frame + 8, with: [0xff, 0xdc, 0xff, 0xdc])
    let large = #expect(throws: Failure.self) { try DecodedImage(bytes: jpeg, source: "a.jpg") }
    #expect(
      large?.description.contains("at most 178,956,970 pixels, found 65500x65500; make it smaller") == true, "\(large!)"
    )

    for (width, height, part) in [
      (0x7fff_ffff, 0x7fff_ffff, "pixels, found 2147483647x2147483647"), (2_000_000, 2, "found 2x2000000"),
    ] {
      let png = try Self.png(width: width, height: height)
      let failure = #expect(throws: Failure.self) { try DecodedImage(bytes: png, source: "a.png") }
      #expect(failure?.description.contains(part) == true, "\(failure!)")
    }
    let small = try ImageFixture.bytes("png/sequential/rgb.png")
    let limited = #expect(throws: Failure.self) { try DecodedImage(bytes: small, source: "a.png", pixelLimit: 390) }
    #expect(limited?.description.contains("at most 390 pixels, found 17x23") == true)
    #expect(try DecodedImage(bytes: small, source: "a.png", pixelLimit: 391).width == 23)
  }

  /// Each new format with a header of a size that no memory holds.
  @Test(arguments: [
    ("bmp/rgb24.bmp", 18, [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]),
    ("gif/palette.gif", 6, [0xff, 0xff, 0xff, 0xff]),
    ("webp/animation_offset.webp", 24, [0xff, 0xff, 0, 0xff, 0xff, 0]),
    ("tiff/few/grey2.tif", 18, [0xff, 0xff, 0, 0, 1, 1, 3, 0, 1, 0, 0, 0, 0xff, 0xff]),
  ])
  func refusesHugeSizes(_ name: String, _ at: Int, _ size: [UInt8]) throws {
    var bytes = try ImageFixture.bytes(name)
    bytes.replaceSubrange(at..<at + size.count, with: size)
    let failure = #expect(throws: Failure.self) { try DecodedImage(bytes: bytes, source: "a") }
    #expect(failure?.description.contains("at most 178,956,970 pixels, found ") == true, "\(failure!)")
    #expect(failure?.description.hasSuffix("make it smaller, or leave it out") == true)
  }

  /// The first image of an animation is whole, wherever a later one is cut.
  @Test func aCutAnimationHasItsFirstImage() throws {
    let bytes = try ImageFixture.bytes("gif/animation.gif")
    let whole = try DecodedImage(bytes: bytes, source: "whole")
    // Where the second image begins: behind the first one's data.
    let lengths = (1..<bytes.count).filter { (try? DecodedImage(bytes: Array(bytes.prefix($0)), source: "cut")) != nil }
    let first = try #require(lengths.first)
    #expect(first < bytes.count * 3 / 4, "\(first) of \(bytes.count) bytes are needed")
    for length in lengths { #expect(try DecodedImage(bytes: Array(bytes.prefix(length)), source: "cut") == whole) }
    #expect(throws: Failure.self) { try DecodedImage(bytes: Array(bytes.prefix(first - 1)), source: "cut") }
  }

  /// The name tells nothing: content does.
  @Test(arguments: [
    "jpeg/grey.jpg", "png/sequential/rgb.png", "webp/lossy.webp", "bmp/rgb24.bmp", "gif/palette.gif",
    "tiff/rgb/raw.tif",
  ])
  func knowsFormatsByContent(_ name: String) async throws {
    let bytes = try ImageFixture.bytes(name)
    try await withTemporaryFolder { folder in
      for other in ["none", "a.jfif", "a.JPE", "a.png", "a.txt", "a.b.c", "ending."] {
        try write(bytes, to: folder + "/" + other)
      }
      for (other, content) in [
        ("a.heic", "\0\0\0\u{18}ftypheic"), ("b.avif", "\0\0\0\u{18}ftypavif"), ("c.svg", "<svg/>"),
        ("d.pdf", "%PDF-1"), ("e.mp4", "\0\0\0\u{18}ftypisom"), ("f.md", "text"),
      ] {
        try write(Array(content.utf8), to: folder + "/" + other)
      }
      let files = ImageFiles([folder])
      #expect(files.paths.count == 7 && files.skipped.isEmpty)
      let right = try DecodedImage(bytes: bytes, source: name)
      for path in files.paths { #expect(try DecodedImage(contentsOf: path) == right) }
      for kind in ["1 HEIC image", "1 AVIF image", "1 SVG image", "1 PDF document", "1 MP4 film", "1 text file"] {
        #expect(files.leftOut.description?.contains(kind) == true)
      }
    }
  }

  @Test func refusesWrongChecksums() throws {
    let bytes = try ImageFixture.bytes("png/rgb_gamma.png")
    for kind in ["IHDR", "gAMA", "zTXt", "IDAT", "IEND"] {
      let chunk = try #require(bytes.indices.first { bytes[$0...].starts(with: kind.utf8) })
      let length = bytes[chunk - 4..<chunk].reduce(0) { $0 << 8 | Int($1) }
      var broken = bytes
      broken[chunk + 4 + length] ^= 1
      let failure = #expect(throws: Failure.self, "\(kind)") { try DecodedImage(bytes: broken, source: "a.png") }
      #expect(failure?.description.contains("CRC") == true, "\(failure!)")
    }
  }

  /// A header of another size with a right checksum: too few data, or more than there is room for.
  @Test func survivesHeadersThatLie() throws {
    let more = try Self.png(width: 2000, height: 2000)
    let failure = #expect(throws: Failure.self) { try DecodedImage(bytes: more, source: "a.png") }
    #expect(failure?.description.contains("damaged") == true, "\(failure!)")
    let less = try Self.png(width: 2, height: 2)
    _ = try? DecodedImage(bytes: less, source: "a.png")
  }

  @Test func refusesCorruptScans() throws {
    var bytes = try ImageFixture.bytes("jpeg/baseline_444.jpg")
    let scan = try #require(bytes.indices.dropFirst().first { bytes[$0 - 1] == 0xff && bytes[$0] == 0xda })
    // A marker in the middle of the scan, after which there is nothing to decode.
    bytes.replaceSubrange(scan + 40..<scan + 42, with: [0xff, 0xd9])
    let failure = #expect(throws: Failure.self) { try DecodedImage(bytes: bytes, source: "a.jpg") }
    #expect(failure?.description.contains("damaged") == true, "\(failure!)")
  }

  @Test func refusesEndlessScans() throws {
    let bytes = try ImageFixture.bytes("jpeg/grey_progressive.jpg")
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xff, 0xda]) })
    let end = try #require(bytes.indices.first { $0 > start && bytes[$0...].starts(with: [0xff, 0xc4]) })
    let scans = Array(repeating: bytes[start..<end], count: 200).joined()
    let endless = Array(bytes[..<start]) + scans + bytes[end...]
    let failure = #expect(throws: Failure.self) { try DecodedImage(bytes: endless, source: "a.jpg") }
    #expect(failure?.description.contains("more than 100 scans") == true, "\(failure!)")
  }

  /// A 23×17 RGB file that says it is of another size.
  private static func png(width: Int, height: Int) throws -> [UInt8] {
    var bytes = try ImageFixture.bytes("png/sequential/rgb.png")
    for (offset, value) in [(16, width), (20, height)] {
      for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (24 - 8 * i)) }
    }
    return bytes.withPNGChecksums()
  }

  @Test func writesPNG() throws {
    for (width, height, channels) in [(1, 1, 1), (7, 5, 3), (300, 2, 1), (64, 64, 3)] {
      let pixels = ResizeCase.pixels(width * height * channels, seed: 5)
      let image = DecodedImage(width: width, height: height, channels: channels, pixels: pixels)
      #expect(try DecodedImage(bytes: image.pngData(), source: "made") == image)
    }
  }
}
