import DenseNets
import Testing

@testable import DenseNetData

@Suite struct ImageShapesTests {
  private func shapes(_ sizes: [(Int, Int)]) -> ImageShapes {
    var shapes = ImageShapes()
    for (height, width) in sizes { shapes.add(height: height, width: width) }
    return shapes
  }

  private func crop() throws -> Preprocessing {
    try Preprocessing(inputChannels: 3, resize: .shorterSide(64), crop: [64, 64])
  }

  @Test func saysWhatASquareCropCutsOff() throws {
    let crop = try crop()
    #expect(
      shapes([(480, 640), (100, 100), (300, 200)]).croppedEdges(by: crop)
        == "2 of 3 images are not square: the centre crop cuts up to 33% off their longer side")
    #expect(
      shapes([(480, 640)]).croppedEdges(by: crop)
        == "the image is not square: the centre crop cuts 25% off its longer side")
    // A margin that squares lose too.
    let imageNet = try Preprocessing(inputChannels: 3, resize: .shorterSide(256), crop: [224, 224])
    #expect(shapes([(480, 640)]).croppedEdges(by: imageNet)?.contains("cuts 34% off") == true)
    #expect(shapes([(480, 480)]).croppedEdges(by: imageNet) == nil)
    var sum = shapes([(100, 100)])
    sum.add(shapes([(100, 200)]))
    #expect(sum == shapes([(100, 200), (100, 100)]))
  }

  @Test func isSilentWhereLittleIsLost() throws {
    let crop = try crop()
    #expect(shapes([]).croppedEdges(by: crop) == nil)
    #expect(shapes([(100, 100), (100, 110), (91, 100)]).croppedEdges(by: crop) == nil)
    for resize in [Preprocessing.Resize.exact(height: 64, width: 64), .none, .shorterSide(64)] {
      let whole = try Preprocessing(inputChannels: 3, resize: resize)
      #expect(shapes([(100, 300)]).croppedEdges(by: whole) == nil)
    }
  }
}
