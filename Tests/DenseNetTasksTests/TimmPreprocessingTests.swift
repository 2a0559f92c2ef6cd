import DenseNetData
import DenseNetIO
import DenseNets
import Foundation
import Testing

/// An image and what timm's transforms make of it: `Scripts/fixtures/images/make_timm_fixtures.py` writes them.
struct TimmCase: CustomTestStringConvertible {
  let config: String
  let image: DecodedImage
  let result: DecodedImage

  var testDescription: String { "\(image.height)x\(image.width) \(config)" }

  static let all: [TimmCase] = {
    var bytes = (try? Data(contentsOf: Fixtures.folder("Fixtures/timm/preprocessing.bin"))) ?? Data()
    func take(_ count: Int) -> [UInt8] {
      defer { bytes = bytes.dropFirst(count) }
      return [UInt8](bytes.prefix(count))
    }
    func number() -> Int { take(2).reversed().reduce(0) { $0 << 8 | Int($1) } }
    var cases: [TimmCase] = []
    while !bytes.isEmpty {
      let config = String(decoding: take(number()), as: UTF8.self)
      let n = (0..<6).map { _ in number() }
      cases.append(
        TimmCase(
          config: config,
          image: DecodedImage(
            width: n[1], height: n[0], channels: n[2], pixels: pixels(n[0] * n[1] * n[2], seed: UInt32(n[3]))),
          result: DecodedImage(width: n[5], height: n[4], channels: n[2], pixels: take(n[4] * n[5] * n[2]))))
    }
    return cases
  }()

  /// The script's own sequence.
  private static func pixels(_ count: Int, seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return state >> 30 == 0 ? 0 : state >> 30 == 1 ? 255 : UInt8(truncatingIfNeeded: state >> 16)
    }
  }
}

@Suite struct TimmPreprocessingTests {
  let scratch = try! Scratch()

  @Test func fixturesAreThere() { #expect(TimmCase.all.count == 27) }

  /// A folder as timm leaves it, with that config.json.
  private func folder(_ config: String) throws -> WeightsFile {
    let url = scratch.folder.appendingPathComponent("timm")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Fixtures.folder("Fixtures/pytorch/timm/model.safetensors"),
      to: url.appendingPathComponent("model.safetensors"))
    try Data(config.utf8).write(to: url.appendingPathComponent("config.json"))
    return try WeightsFile(contentsOf: url)
  }

  @Test(arguments: TimmCase.all) func imagesArePreparedAsByTimm(_ test: TimmCase) throws {
    let preprocessing = try #require(try folder(test.config).card.preprocessing?.value)
    let image = try preprocessing.image(test.image)
    #expect(
      (image.height, image.width, image.channels) == (test.result.height, test.result.width, test.result.channels))
    #expect(image.pixels == test.result.pixels)
    // What is written from it means the same.
    let json = try JSONEncoder().encode(preprocessing)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: json) == preprocessing)
  }

  @Test func aFailureNamesConfigJSON() throws {
    let file = try folder(#"{"architecture":"densenet121","pretrained_cfg":{"crop_mode":"zoom"}}"#)
    #expect {
      _ = try file.card.preprocessing?.value
    } throws: { error in
      "\(error)".contains(
        "timm/config.json: preprocessing: pretrained_cfg: crop_mode: expected center, squash or border, found zoom")
    }
  }

  @Test func rowsOfNoClassAreLeftOut() throws {
    let file = try folder(
      #"{"architecture":"densenet121","num_classes":2,"pretrained_cfg":{"label_offset":1,"num_classes":2}}"#)
    #expect(file["classifier.weight"]?.shape == [2, 6])
    #expect(file["classifier.bias"]?.tensor?.values == [-0.2, 0x1p-149])
  }
}
