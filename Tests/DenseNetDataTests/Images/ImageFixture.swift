import Foundation
import Testing

@testable import DenseNetData

/// Bytes read from the first to the last.
struct RecordReader {
  private var bytes: ArraySlice<UInt8>

  init(_ name: String) {
    bytes = ArraySlice((try? Data(contentsOf: ImageFixture.folder.appending(path: name))) ?? Data())
  }

  var isAtEnd: Bool { bytes.isEmpty }

  mutating func take(_ count: Int) -> [UInt8] {
    defer { bytes = bytes.dropFirst(count) }
    return Array(bytes.prefix(count))
  }

  mutating func integer(_ size: Int = 2) -> Int { take(size).reversed().reduce(0) { $0 << 8 | Int($1) } }
  mutating func text(_ size: Int) -> String { String(decoding: take(size), as: UTF8.self) }
}

/// An image file and what Pillow makes of it; `Scripts/fixtures/images/make_image_fixtures.py` writes them.
struct ImageFixture: CustomTestStringConvertible {
  let name: String
  let height: Int
  let width: Int
  /// `[H, W, 3]`
  let rgb: [UInt8]
  /// `[H, W]`
  let grey: [UInt8]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/images")
    .standardizedFileURL

  static let all: [ImageFixture] = {
    var reader = RecordReader("expected.bin")
    var fixtures: [ImageFixture] = []
    while !reader.isAtEnd {
      let name = reader.text(reader.integer(1))
      let (height, width) = (reader.integer(), reader.integer())
      fixtures.append(
        ImageFixture(
          name: name, height: height, width: width, rgb: reader.take(3 * height * width),
          grey: reader.take(height * width)))
    }
    return fixtures
  }()

  var testDescription: String { name }
  var path: String { Self.folder.appending(path: name).path }

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }
}

/// One image through a recipe, as Pillow and torchvision's formulas make it.
struct RecipeFixture: CustomTestStringConvertible {
  let json: String
  let input: (height: Int, width: Int, channels: Int)
  let seed: UInt32
  let output: (height: Int, width: Int)
  let expected: [UInt8]

  var testDescription: String { "\(input) \(json)" }

  static let all: [RecipeFixture] = {
    var reader = RecordReader("preprocessing.bin")
    var fixtures: [RecipeFixture] = []
    while !reader.isAtEnd {
      let json = reader.text(reader.integer())
      let n = (0..<6).map { _ in reader.integer() }
      let channels = json.contains("\"inputChannels\": 3") ? 3 : 1
      fixtures.append(
        RecipeFixture(
          json: json, input: (n[0], n[1], n[2]), seed: UInt32(n[3]), output: (n[4], n[5]),
          expected: reader.take(n[4] * n[5] * channels)))
    }
    return fixtures
  }()
}
