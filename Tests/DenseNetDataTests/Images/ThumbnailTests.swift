import DenseNetData
import Testing

@Suite struct ThumbnailTests {
  private func image(width: Int, height: Int, channels: Int = 3) -> DecodedImage {
    DecodedImage(
      width: width, height: height, channels: channels,
      pixels: (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 * 7) })
  }

  @Test(arguments: [(400, 300, 128, 96), (300, 400, 96, 128), (97, 97, 96, 96)])
  func theShorterSideIsAsAsked(width: Int, height: Int, smallWidth: Int, smallHeight: Int) throws {
    let large = image(width: width, height: height)
    let small = try large.thumbnail(side: 96)
    #expect(small.width == smallWidth && small.height == smallHeight && small.channels == 3)
    let resize = PillowResize(from: (height, width), to: (smallHeight, smallWidth), channels: 3)
    #expect(small.pixels == resize(large.pixels))
  }

  @Test(arguments: [(96, 200), (28, 28), (1, 1)]) func noImageGrows(width: Int, height: Int) throws {
    let small = image(width: width, height: height, channels: 1)
    #expect(try small.thumbnail(side: 96) == small)
  }
}
