public import DenseNets

extension DecodedImage {
  /// The image at a size for a page: its shorter side has that many pixels, or fewer where the image is smaller.
  /// - Throws: `Failure(.invalidData)` where the image is far too long and thin.
  public func thumbnail(side: Int) throws(Failure) -> DecodedImage {
    if min(width, height) <= side { return self }
    return try Preprocessing(inputChannels: channels, resize: .shorterSide(side)).image(self)
  }
}
