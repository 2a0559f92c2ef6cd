public import DenseNets

// Feature maps to look at.

extension DecodedImage {
  /// Each channel of an image's feature map as a grey image, from its least value in black to its greatest in white; where
  /// all are equal, black.
  /// - Parameters:
  ///   - map: `[N, channels, h, w]`, such as a block's of `Predictor.Output.maps`.
  ///   - image: which of the N.
  /// - Precondition: there is such an image, and it has pixels.
  public static func channels(of map: Tensor, image: Int = 0) -> [DecodedImage] {
    precondition(
      map.rank == 4 && map.count > 0 && (0..<map.shape[0]).contains(image),
      "expected an image of a map [N, channels, h, w], found \(image) of \(map.shape)")
    let (height, width) = (map.shape[2], map.shape[3])
    let own = map[image..<image + 1]
    return (0..<map.shape[1]).map { c in
      let stretched = HeatMap(own.sliced(c..<c + 1, axis: 1).reshaped([height, width])).values
      return DecodedImage(
        width: width, height: height, channels: 1, pixels: stretched.values.map { UInt8($0 * 255 + 0.5) })
    }
  }

  /// Images of one size side by side, row by row, on white.
  /// - Parameters:
  ///   - columns: images per row; the last row may have fewer.
  ///   - gap: white pixels between neighbours.
  /// - Precondition: there is an image, all are of one size, and the numbers make sense.
  public static func grid(_ images: [DecodedImage], columns: Int, gap: Int = 1) -> DecodedImage {
    precondition(!images.isEmpty && columns > 0 && gap >= 0, "expected images, columns and a gap")
    let (width, height) = (images[0].width, images[0].height)
    precondition(
      images.allSatisfy { $0.width == width && $0.height == height }, "the images of a grid must be of one size")
    let channels = images.map(\.channels).max()!
    let columns = min(columns, images.count)
    let rows = (images.count + columns - 1) / columns
    let gridWidth = columns * (width + gap) - gap
    let gridHeight = rows * (height + gap) - gap
    var pixels = [UInt8](repeating: 255, count: gridWidth * gridHeight * channels)
    for (index, image) in images.enumerated() {
      let source = image.converted(toChannels: channels).pixels
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      for y in 0..<height {
        let target = ((row * (height + gap) + y) * gridWidth + column * (width + gap)) * channels
        let line = y * width * channels..<(y + 1) * width * channels
        pixels.replaceSubrange(target..<target + line.count, with: source[line])
      }
    }
    return DecodedImage(width: gridWidth, height: gridHeight, channels: channels, pixels: pixels)
  }

  /// Every pixel as a square of `factor` × `factor` pixels, with sharp edges.
  public func enlarged(by factor: Int) -> DecodedImage {
    precondition(factor > 0, "expected a positive factor, found \(factor)")
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count * factor * factor)
    for y in 0..<height {
      let line = (y * width..<(y + 1) * width).flatMap { pixel in
        let color = pixels[pixel * channels..<(pixel + 1) * channels]
        return (0..<factor).flatMap { _ in color }
      }
      for _ in 0..<factor { result += line }
    }
    return DecodedImage(width: width * factor, height: height * factor, channels: channels, pixels: result)
  }
}
