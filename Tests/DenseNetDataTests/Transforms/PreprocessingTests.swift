import DenseNets
import Foundation
import Testing

@testable import DenseNetData

@Suite struct PreprocessingTests {
  @Test func fixturesAreThere() {
    #expect(RecipeFixture.all.count == 27)
  }

  @Test(arguments: RecipeFixture.all)
  func equalsTorchvision(_ fixture: RecipeFixture) throws {
    let recipe = try JSONDecoder().decode(Preprocessing.self, from: Data(fixture.json.utf8))
    let (height, width, channels) = fixture.input
    let source = DecodedImage(
      width: width, height: height, channels: channels,
      pixels: ResizeCase.pixels(height * width * channels, seed: fixture.seed))
    let image = try recipe.image(source)
    #expect((image.height, image.width) == fixture.output)
    #expect(recipe.inputSize(height: height, width: width) == fixture.output)
    #expect(image.channels == recipe.inputChannels)
    #expect(image.pixels == fixture.expected)
  }

  @Test func normalises() throws {
    let pixels = (0..<12).map { UInt8($0 * 23) }
    let image = DecodedImage(width: 2, height: 2, channels: 3, pixels: pixels)
    let recipe = try Preprocessing(inputChannels: 3, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    let tensor = try recipe.tensor(image)
    #expect(tensor.shape == [1, 3, 2, 2])
    for c in 0..<3 {
      for y in 0..<2 {
        for x in 0..<2 {
          let value = Float(pixels[(y * 2 + x) * 3 + c]) / 255
          #expect(tensor[0, c, y, x] == (value - Float(recipe.mean[c])) / Float(recipe.std[c]))
        }
      }
    }
    let batch = recipe.batch([image, image])
    #expect(batch.shape == [2, 3, 2, 2] && batch[1..<2] == tensor)
  }

  @Test func readsAndWritesJSON() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    for recipe in [
      Preprocessing.imageNet, .squashed(channels: 1, size: 96),
      try Preprocessing(inputChannels: 1, crop: [5, 6], interpolation: .bicubic),
    ] {
      let data = try encoder.encode(recipe)
      #expect(try JSONDecoder().decode(Preprocessing.self, from: data) == recipe)
    }
    #expect(
      String(decoding: try encoder.encode(Preprocessing.imageNet), as: UTF8.self)
        == #"{"crop":[224,224],"inputChannels":3,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"resize":{"shorterSide":256},"std":[0.229,0.224,0.225]}"#
    )
    #expect(
      String(decoding: try encoder.encode(Preprocessing.squashed(channels: 1, size: 96)), as: UTF8.self)
        == #"{"inputChannels":1,"interpolation":"bilinear","mean":[0],"resize":{"exact":[96,96]},"std":[1]}"#)
    let short = try JSONDecoder().decode(Preprocessing.self, from: Data(#"{"inputChannels":3}"#.utf8))
    #expect(short == (try Preprocessing(inputChannels: 3)))
  }

  @Test(arguments: [
    (#"{"inputChannels":2}"#, "inputChannels: expected 1 or 3, found 2"),
    (#"{"inputChannels":-9223372036854775808}"#, "inputChannels: expected 1 or 3"),
    (#"{"inputChannels":3,"resize":{"shorterSide":0}}"#, "resize: expected sides of 1 to 8192 pixels, found 0"),
    (#"{"inputChannels":3,"resize":{"shorterSide":9223372036854775807}}"#, "found 9223372036854775807"),
    (#"{"inputChannels":3,"resize":{"exact":[96,-1]}}"#, "found -1"),
    (#"{"inputChannels":3,"resize":{"exact":[96]}}"#, "resize: expected either shorterSide"),
    (#"{"inputChannels":3,"resize":{"exact":[9,9],"shorterSide":4}}"#, "resize: expected either shorterSide"),
    (#"{"inputChannels":3,"resize":{}}"#, "resize: expected either shorterSide"),
    (#"{"inputChannels":3,"crop":[224]}"#, "crop: expected a height and a width, found 1 number"),
    (#"{"inputChannels":3,"crop":[224,100000]}"#, "crop: expected sides of 1 to 8192 pixels, found 100000"),
    (#"{"inputChannels":3,"mean":[0.5]}"#, "mean: expected 3 numbers, one per channel, found 1"),
    (#"{"inputChannels":1,"mean":[1e300]}"#, "mean: expected numbers of at most 1000"),
    (#"{"inputChannels":1,"std":[0]}"#, "std: expected numbers of at least 1e-06"),
    (#"{"inputChannels":1,"std":[-1]}"#, "std: expected numbers of at least 1e-06"),
  ])
  func refusesAbsurdValues(_ json: String, _ part: String) {
    let failure = #expect(throws: Failure.self) {
      try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8))
    }
    #expect(failure?.kind == .invalidData && failure?.description.contains(part) == true, "\(failure!)")
  }

  /// What a resized image would be too large for is never made: only its cropped part is.
  @Test func cropsLongThinImages() throws {
    let (width, height) = (300_000, 1)
    let source = DecodedImage(
      width: width, height: height, channels: 1, pixels: [UInt8](repeating: 200, count: width * height))
    let image = try Preprocessing.imageNet.image(source)
    #expect((image.height, image.width) == (224, 224) && image.pixels.allSatisfy { $0 == 200 })
    let uncropped = try Preprocessing(inputChannels: 3, resize: .shorterSide(256))
    let failure = #expect(throws: Failure.self) { try uncropped.image(source) }
    #expect(failure?.description.contains("256x76800000") == true)
  }

  @Test func isFast() throws {
    let image = DecodedImage(
      width: 500, height: 375, channels: 3, pixels: ResizeCase.pixels(500 * 375 * 3, seed: 1))
    let time = (0..<10).map { _ in ContinuousClock().measure { _ = try? Preprocessing.imageNet.tensor(image) } }.min()!
    print("500x375 to 224x224: \(time)")
    #expect(time < .milliseconds(50))
  }
}
