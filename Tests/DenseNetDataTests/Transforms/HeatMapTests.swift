import DenseNets
import Testing

@testable import DenseNetData

@Suite struct HeatMapTests {
  @Test func stretchesValues() {
    let map = HeatMap(Tensor(shape: [2, 2], values: [-3, 1, .nan, 5]))
    #expect(map.values.values == [0, 0.5, 0, 1])
    #expect(HeatMap(.full([3, 2], 7)).values == .zeros([3, 2]))
  }

  @Test func usesThePublishedColours() {
    // Ends and middle of the published map of 256 colours, which the polynomial follows closely.
    for (value, color) in [
      (Float(0), SIMD3<Float>(0.18995, 0.07176, 0.23217)), (0.5, [0.64362, 0.98999, 0.23356]),
      (1, [0.4796, 0.01583, 0.01055]),
    ] {
      let difference = TurboColormap.color(value) - color
      #expect((difference * difference).sum().squareRoot() < 0.15, "\(value): \(TurboColormap.color(value))")
    }
  }

  /// Bilinear between the centres of cells, flat beyond the outermost.
  @Test func growsSmoothly() {
    let grey = DecodedImage(width: 8, height: 4, channels: 1, pixels: [UInt8](repeating: 0, count: 32))
    let map = HeatMap(Tensor(shape: [1, 2], values: [0, 1]))
    let overlay = map.overlay(on: grey, preprocessing: .squashed(channels: 1, size: 32))
    #expect((overlay.height, overlay.width, overlay.channels) == (4, 8, 3))
    let expected = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1].flatMap { (value: Float) in
      let color = TurboColormap.table[Int(value * 255 + 0.5)] * (0.25 + 0.4 * value)
      return (0..<3).map { UInt8(color[$0] + 0.5) }
    }
    for y in 0..<4 { #expect(Array(overlay.pixels[y * 24..<y * 24 + 24]) == expected) }
  }

  /// Of a wide image, the crop takes the middle: the sides are dark, and the map spans what is between them.
  @Test func coversWhatTheNetworkSaw() throws {
    let (width, height) = (400, 100)
    let image = DecodedImage(
      width: width, height: height, channels: 1, pixels: [UInt8](repeating: 150, count: width * height))
    let recipe = try Preprocessing(inputChannels: 3, resize: .shorterSide(50), crop: [50, 50])
    let seen = recipe.seenPart(height: height, width: width)
    #expect(seen.rows == 0...100 && seen.columns == 150...250)
    let overlay = HeatMap(Tensor(shape: [1, 2], values: [0, 1])).overlay(on: image, preprocessing: recipe)
    func pixel(_ x: Int) -> [UInt8] { Array(overlay.pixels[(50 * width + x) * 3..<(50 * width + x) * 3 + 3]) }
    #expect(pixel(149) == [50, 50, 50] && pixel(250) == [50, 50, 50])
    #expect(pixel(150) != [50, 50, 50] && pixel(249) != [50, 50, 50])
    #expect(pixel(190)[2] > pixel(190)[0] && pixel(210)[0] > pixel(210)[2])

    let padded = try Preprocessing(inputChannels: 3, crop: [200, 400])
    #expect(padded.seenPart(height: height, width: width).rows == -50...150)
  }

  @Test func shrinksLargeImages() {
    let image = DecodedImage(
      width: 3000, height: 10, channels: 3, pixels: [UInt8](repeating: 9, count: 90_000))
    let overlay = HeatMap(.ones([7, 7])).overlay(on: image, preprocessing: .imageNet)
    #expect(overlay.width == 1024 && overlay.height == 3)
  }
}
