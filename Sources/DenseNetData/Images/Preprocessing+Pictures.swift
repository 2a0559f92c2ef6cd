public import DenseNets

extension Preprocessing {
  /// The picture as the network is to see it, before normalisation: in ``inputChannels``, resized and cropped.
  ///
  /// Of the resized picture only the cropped part is made.
  /// - Throws: `Failure(.invalidData)` where the picture is so long and thin that, not cropped, a side would exceed
  ///   ``largestSide``.
  public func picture(_ image: DecodedImage) throws(Failure) -> DecodedImage {
    let resized = resizedSize(height: image.height, width: image.width)
    guard crop != nil || max(resized.height, resized.width) <= Self.largestSide else {
      throw Failure(
        .invalidData,
        "a picture of \(image.height)x\(image.width) pixels becomes \(resized.height)x\(resized.width), expected sides of at most \(Self.largestSide); crop it"
      )
    }
    let (rows, columns) = (
      CropAxis(of: resized.height, to: crop?[0] ?? resized.height),
      CropAxis(of: resized.width, to: crop?[1] ?? resized.width)
    )
    let channels = inputChannels == 1 ? 1 : image.channels
    let source = image.converted(toChannels: channels)
    let resize = PillowResize(
      from: (image.height, image.width), to: resized, rows: rows.kept, columns: columns.kept, channels: channels,
      filter: interpolation)
    let kept = DecodedImage(
      width: columns.kept.count, height: rows.kept.count, channels: channels, pixels: resize(source.pixels))
    return kept.padded(rows, columns).converted(toChannels: inputChannels)
  }

  /// A picture as a batch of one: `[1, C, H, W]`, fp32, `(v / 255 - mean) / std`.
  /// - Throws: as ``picture(_:)``.
  public func tensor(_ image: DecodedImage) throws(Failure) -> Tensor {
    batch([try picture(image)])
  }

  /// Normalises pictures that ``picture(_:)`` made: `[N, C, H, W]`, fp32.
  /// - Precondition: there is at least one, all of one size, in ``inputChannels``.
  public func batch(_ pictures: [DecodedImage]) -> Tensor {
    let first = pictures.first.map { ($0.height, $0.width, $0.channels) } ?? (0, 0, 0)
    precondition(
      pictures.allSatisfy { ($0.height, $0.width, $0.channels) == first } && first.2 == inputChannels,
      "a batch needs pictures of one size in \(inputChannels) channels")
    let tables = zip(mean, std).map { mean, std in
      (0...255).map { (Float($0) / 255 - Float(mean)) / Float(std) }
    }.flatMap { $0 }
    let each = first.0 * first.1 * first.2
    let values = [Float](unsafeUninitializedCapacity: pictures.count * each) { result, filled in
      for (n, picture) in pictures.enumerated() {
        picture.pixels.withUnsafeBufferPointer { pixels in
          for start in stride(from: 0, to: each, by: inputChannels) {
            for c in 0..<inputChannels { result[n * each + start + c] = tables[c * 256 + Int(pixels[start + c])] }
          }
        }
      }
      filled = pictures.count * each
    }
    return Tensor(shape: [pictures.count, inputChannels, first.0, first.1], channelsLast: values)
  }
}

/// One axis of a centre crop: torchvision's `CenterCrop`.
struct CropAxis {
  /// The positions of the picture that stay.
  let kept: Range<Int>
  /// Black before and after them.
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
  fileprivate func padded(_ rows: CropAxis, _ columns: CropAxis) -> DecodedImage {
    if rows.before + rows.after + columns.before + columns.after == 0 { return self }
    let (newWidth, newHeight) = (columns.before + width + columns.after, rows.before + height + rows.after)
    var padded = [UInt8](repeating: 0, count: newWidth * newHeight * channels)
    let count = width * channels
    for y in 0..<height {
      let target = ((rows.before + y) * newWidth + columns.before) * channels
      padded.replaceSubrange(target..<target + count, with: pixels[y * count..<(y + 1) * count])
    }
    return DecodedImage(width: newWidth, height: newHeight, channels: channels, pixels: padded)
  }
}
