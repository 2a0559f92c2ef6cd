public import DenseNets

extension Preprocessing {
  /// The image as the network is to see it, before normalisation: in `inputChannels`, resized and cropped.
  ///
  /// Of the resized image only the cropped part is made.
  /// - Throws: `Failure(.invalidData)` where the image is so long and thin that, not cropped, a side would exceed
  ///   `largestSide`.
  public func image(_ image: DecodedImage) throws(Failure) -> DecodedImage {
    var preparation = ImagePreparation(self)
    return try preparation.image(image)
  }

  /// An image as a batch of one: `[1, C, H, W]`, fp32, `(v / 255 - mean) / std`.
  /// - Throws: as ``image(_:)``.
  public func tensor(_ image: DecodedImage) throws(Failure) -> Tensor {
    batch([try self.image(image)])
  }

  /// Normalises images that ``image(_:)`` made: `[N, C, H, W]`, fp32.
  /// - Precondition: there is at least one, all of one size, in `inputChannels`.
  public func batch(_ images: [DecodedImage]) -> Tensor {
    let first = images.first.map { ($0.height, $0.width, $0.channels) } ?? (0, 0, 0)
    precondition(
      images.allSatisfy { ($0.height, $0.width, $0.channels) == first } && first.2 == inputChannels,
      "a batch needs images of one size in \(inputChannels) channels")
    let values = [Float](unsafeUninitializedCapacity: images.count * first.0 * first.1 * first.2) { result, filled in
      for image in images {
        normalize(image, into: result.baseAddress! + filled)
        filled += image.pixels.count
      }
    }
    return Tensor(shape: [images.count, inputChannels, first.0, first.1], channelsLast: values)
  }

  private func normalize(_ image: DecodedImage, into result: UnsafeMutablePointer<Float>) {
    let (mean, std) = (mean.map { Float($0) }, std.map { Float($0) })
    image.pixels.withUnsafeBufferPointer { pixels in
      if inputChannels == 1 {
        let (mean, std) = (mean[0], std[0])
        for i in pixels.indices { result[i] = (Float(pixels[i]) / 255 - mean) / std }
      } else {
        for c in 0..<inputChannels {
          let (mean, std) = (mean[c], std[c])
          for i in stride(from: c, to: pixels.count, by: inputChannels) {
            result[i] = (Float(pixels[i]) / 255 - mean) / std
          }
        }
      }
    }
  }
}

/// One axis of a centre crop: torchvision's `CenterCrop`.
struct CropAxis {
  /// The positions of the image that stay.
  let kept: Range<Int>
  /// The border before and after them.
  let before: Int
  let after: Int

  init(of size: Int, to crop: Int) {
    if crop > size {
      kept = 0..<size
      before = (crop - size) / 2
      after = (crop - size + 1) / 2
    } else {
      // Half of an odd difference is rounded as Python does it: to the even number.
      let start = Int((Double(size - crop) / 2).rounded(.toNearestOrEven))
      kept = start..<start + crop
      before = 0
      after = 0
    }
  }
}

extension DecodedImage {
  /// - Parameter fill: the border's colour, by channel.
  func padded(_ rows: CropAxis, _ columns: CropAxis, fill: [UInt8]) -> DecodedImage {
    if rows.before + rows.after + columns.before + columns.after == 0 { return self }
    let (newWidth, newHeight) = (columns.before + width + columns.after, rows.before + height + rows.after)
    var padded = [UInt8](repeating: fill[0], count: newWidth * newHeight * channels)
    if fill.contains(where: { $0 != fill[0] }) {
      for start in stride(from: 0, to: padded.count, by: channels) {
        for c in 0..<channels { padded[start + c] = fill[c] }
      }
    }
    let count = width * channels
    for y in 0..<height {
      let target = ((rows.before + y) * newWidth + columns.before) * channels
      padded.replaceSubrange(target..<target + count, with: pixels[y * count..<(y + 1) * count])
    }
    return DecodedImage(width: newWidth, height: newHeight, channels: channels, pixels: padded)
  }
}
