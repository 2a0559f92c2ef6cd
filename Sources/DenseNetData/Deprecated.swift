// Names of earlier versions.

public import DenseNets

@available(*, deprecated, renamed: "ImageSource")
public typealias PictureSource = ImageSource
@available(*, deprecated, renamed: "ImageSplits")
public typealias PictureSplits = ImageSplits
@available(*, deprecated, renamed: "LabeledImages")
public typealias LabeledPictures = LabeledImages
@available(*, deprecated, renamed: "LabeledImageFiles")
public typealias PictureFiles = LabeledImageFiles
@available(*, deprecated, renamed: "ImageLoader")
public typealias PictureLoader = ImageLoader
@available(*, deprecated, renamed: "ImageBatch")
public typealias PictureBatch = ImageBatch

extension LabeledImages {
  @available(*, deprecated, renamed: "image(at:)")
  public func picture(at index: Int) throws(Failure) -> DecodedImage { try image(at: index) }
}

extension ImageSource {
  @available(*, deprecated, renamed: "testImages()")
  public func testPictures() throws(Failure) -> LabeledImageFiles { try testImages() }
}

extension Preprocessing {
  @available(*, deprecated, renamed: "image(_:)")
  public func picture(_ image: DecodedImage) throws(Failure) -> DecodedImage { try self.image(image) }
}
