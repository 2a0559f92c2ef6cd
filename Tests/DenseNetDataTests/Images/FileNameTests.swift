import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// Names that are not UTF-8, spelled in two ways, or hold what moves a cursor.
@Suite struct FileNameTests {
  private static let latin: [UInt8] = [0x63, 0x61, 0x66, 0xe9]

  @Test(arguments: [
    Array("plain/é".utf8), latin, [0xe9], [0xff, 0xfe, 0x80], latin + Array("/ü.png".utf8), [0xf4, 0x8f, 0xb8, 0x81],
    [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0xaf], Array("\u{10FE41}".utf8), [0x61, 0xf0, 0x9f, 0x98, 0x0a],
  ])
  func everyNameHasAText(_ bytes: [UInt8]) {
    let text = PathText.text(of: bytes)
    #expect(PathText.bytes(of: text) == bytes)
    #expect(PathText.withBytes(of: text) { Array(String(cString: $0).utf8).count > 0 })
    #expect(PathText.text(of: PathText.bytes(of: text)) == text)
  }

  @Test func showsWhatIsNoText() {
    #expect(printable(PathText.text(of: Self.latin + [0x0a, 0x1b])) == #"caf\xE9\n\u{1b}"#)
    #expect(PathText.readable(PathText.text(of: Self.latin + [0x0a])) == "caf\\xE9\n")
    #expect(printable("a\u{202e}b\u{9b}é") == #"a\u{202e}b\u{9b}é"#)
    let failure = Failure(.invalidData, "\(PathText.text(of: Self.latin)): bad\nname")
    #expect(failure.description == #"caf\xE9: bad\nname"#)
  }

  /// A file below a folder, by their bytes.
  private func write(_ image: String, _ folder: String, _ names: [[UInt8]]) throws -> String {
    var path = folder
    for name in names.dropLast() {
      path = joined(path, PathText.text(of: name))
      PathText.withBytes(of: path) { _ = mkdir($0, 0o755) }
    }
    path = joined(path, PathText.text(of: names[names.count - 1]))
    let file = try #require(PathText.withBytes(of: path) { fopen($0, "w") })
    let bytes = try ImageFixture.bytes(image)
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    fclose(file)
    return path
  }

  #if os(Linux)
    @Test func readsNamesByTheirBytes() async throws {
      try await withTemporaryFolder { folder in
        var written: [String] = []
        for (name, files) in [(Self.latin, 5), (Array("b\nc".utf8), 4)] {
          for n in 0..<files {
            written.append(
              try write("png/sequential/rgb.png", folder, [name, Array("\(n)".utf8) + [0xff] + Array(".png".utf8)]))
          }
        }
        let splits = try ImageSource.folder(folder).splits()
        #expect(splits.train.classNames == ["b\nc", "caf\\xE9"])
        #expect(splits.train.count + splits.test.count == 9 && splits.warnings.isEmpty)
        #expect(try splits.checked().skipped.isEmpty)
        #expect(splits.train.files?[0].hasSuffix("\\xFF.png") == true)
        #expect(try ImageFolder(folder, classNames: ["caf\\xE9", "b\nc"]).examples.count == 9)
        #expect(ImageFiles([joined(folder, PathText.text(of: Self.latin))]).paths == Array(written[..<5]))
        #expect(try DecodedImage(contentsOf: written[0]).width > 0)
        let missing = #expect(throws: Failure.self) { try DecodedImage(contentsOf: written[0] + "x") }
        #expect(
          missing?.kind == .missingInput && missing?.description.contains(#"/caf\xE9/0\xFF.pngx: no such"#) == true)
      }
    }

    /// As macOS and archives made there spell accents: by two characters.
    @Test func findsTheOtherSpelling() async throws {
      try await withTemporaryFolder { folder in
        let (one, two) = ("caf\u{e9}", "cafe\u{301}")
        _ = try write("png/sequential/rgb.png", folder, [Array(two.utf8), Array("\(two).png".utf8)])
        #expect(try DecodedImage(contentsOf: "\(folder)/\(one)/\(one).png").width > 0)
        try DenseNetDataTests.write(Array("path,label\n\(one)/\(one).png,a\n".utf8), to: folder + "/t.csv")
        #expect(try ImageSource.table(folder + "/t.csv").testImages().image(at: 0).width > 0)
        let missing = #expect(throws: Failure.self) { try DecodedImage(contentsOf: "\(folder)/\(one)/x.png") }
        #expect(missing?.kind == .missingInput)
        // In training and for testing they are one class.
        for part in ["set/train/\(one)", "set/train/b", "set/val/\(two)", "set/val/b"] {
          try writeImages(["1.png"], to: folder + "/" + part)
        }
        #expect(try ImageSource.folder(folder + "/set").splits().test.labels == [0, 1])
      }
    }
  #endif
}
