import DenseNets
import Foundation
import Testing

@testable import DenseNetData

/// One operation on one image, as torchvision makes it of a Pillow image;
/// `Scripts/fixtures/images/make_augmentation_fixtures.py` writes them.
struct OperationFixture: CustomTestStringConvertible {
  let line: String
  let input: DecodedImage
  let expected: DecodedImage

  static let folder = ImageFixture.folder.appending(path: "..").standardizedFileURL

  static let all: [OperationFixture] = {
    var reader = RecordReader("../augmentation.bin")
    var fixtures: [OperationFixture] = []
    while !reader.isAtEnd {
      let line = reader.text(reader.integer())
      let n = (0..<6).map { _ in reader.integer() }
      let input = DecodedImage(
        width: n[1], height: n[0], channels: n[2], pixels: ResizeCase.pixels(n[0] * n[1] * n[2], seed: UInt32(n[3])))
      fixtures.append(
        OperationFixture(
          line: line, input: input,
          expected: DecodedImage(
            width: n[5], height: n[4], channels: n[2], pixels: reader.take(n[4] * n[5] * n[2]))))
    }
    return fixtures
  }()

  var testDescription: String { "\(line) of \(input.height)x\(input.width)x\(input.channels)" }

  func result() throws -> DecodedImage {
    let words = line.split(separator: " ")
    let numbers = words.dropFirst().map { Double($0)! }
    let whole = numbers.map { Int($0) }
    switch words[0] {
    case "shift": return input.shifted(down: whole[0], right: whole[1])
    case "mirror": return input.mirrored()
    case "flip": return input.flipped()
    case "rotate": return input.rotated(degrees: numbers[0])
    case "part":
      let part = input.part(rows: whole[0]..<whole[0] + whole[2], columns: whole[1]..<whole[1] + whole[3])
      let size = Preprocessing.Resize.exact(height: whole[4], width: whole[5])
      let preparation = ImagePreparation(try Preprocessing(inputChannels: input.channels, resize: size))
      return try preparation.resized(part, of: input)
    case "brightness": return input.withBrightness(numbers[0])
    case "contrast": return input.withContrast(numbers[0])
    case "saturation": return input.withSaturation(numbers[0])
    case "hue": return input.withHue(numbers[0])
    default: throw RecordProblem.unknown(line)
    }
  }

  enum RecordProblem: Error { case unknown(String) }
}

@Suite struct OperationTests {
  @Test func everyOperationEqualsTorchvisions() throws {
    #expect(OperationFixture.all.count == 215)
    for fixture in OperationFixture.all {
      let (result, expected) = (try fixture.result(), fixture.expected)
      #expect(
        (result.height, result.width, result.channels) == (expected.height, expected.width, expected.channels))
      let differences = zip(result.pixels, expected.pixels).count { $0 != $1 }
      #expect(differences == 0, "\(fixture.testDescription): \(differences) of \(expected.pixels.count) values differ")
    }
  }

  /// Over colours that are spread evenly.
  @Test func huesTurnAsTorchvisionsDo() throws {
    let levels = (0..<52).map { UInt8(5 * $0) }
    let colors = levels.flatMap { red in levels.flatMap { green in levels.flatMap { [red, green, $0] } } }
    let image = DecodedImage(width: 52, height: 52 * 52, channels: 3, pixels: colors)
    let lines = try String(contentsOf: OperationFixture.folder.appending(path: "hues.txt"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 6)
    for line in lines {
      let words = line.split(separator: " ")
      #expect(md5(image.withHue(Double(words[0])!).pixels) == String(words[1]), "hue \(words[0])")
    }
  }
}
