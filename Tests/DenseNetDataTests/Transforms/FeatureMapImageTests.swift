import DenseNets
import Testing

@testable import DenseNetData

@Suite struct FeatureMapImageTests {
  @Test func stretchesEachChannelToItsOwnRange() {
    let map = Tensor(
      shape: [2, 2, 1, 3], values: [0, 1, 2, 9, 9, 9, -4, 0, 4, 0.5, 0.25, 0])
    let first = DecodedImage.channels(of: map)
    #expect(first.map(\.pixels) == [[0, 128, 255], [0, 0, 0]])
    #expect(first.allSatisfy { $0.height == 1 && $0.width == 3 && $0.channels == 1 })
    #expect(DecodedImage.channels(of: map, image: 1).map(\.pixels) == [[0, 128, 255], [255, 128, 0]])
  }

  @Test func laysImagesInRows() {
    let images = (1...3).map { value in
      DecodedImage(width: 2, height: 1, channels: 1, pixels: [UInt8(value), UInt8(10 * value)])
    }
    let grid = DecodedImage.grid(images, columns: 2, gap: 1)
    #expect((grid.height, grid.width, grid.channels) == (3, 5, 1))
    #expect(grid.pixels == [1, 10, 255, 2, 20] + [UInt8](repeating: 255, count: 5) + [3, 30, 255, 255, 255])
    #expect(DecodedImage.grid([images[0]], columns: 4, gap: 9) == images[0])
  }

  @Test func mixesGreyAndColour() {
    let grey = DecodedImage(width: 1, height: 1, channels: 1, pixels: [7])
    let red = DecodedImage(width: 1, height: 1, channels: 3, pixels: [200, 1, 2])
    #expect(DecodedImage.grid([grey, red], columns: 2, gap: 0).pixels == [7, 7, 7, 200, 1, 2])
  }

  @Test func enlargesPixelsToSquares() {
    let image = DecodedImage(width: 2, height: 1, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
    let large = image.enlarged(by: 2)
    #expect((large.height, large.width) == (2, 4))
    let row: [UInt8] = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
    #expect(large.pixels == row + row)
    #expect(image.enlarged(by: 1) == image)
  }
}
