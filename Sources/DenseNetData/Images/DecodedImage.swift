/// An image in memory, 8 bits a value.
public struct DecodedImage: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// 1 for grey, 3 for RGB.
  public let channels: Int
  /// `[height, width, channels]`
  public let pixels: [UInt8]
  /// Whether the file has 16 bits a value and uses the lowest 12 of them alone, so that next to nothing is left here.
  package internal(set) var isDark = false

  /// - Precondition: there are 1 or 3 channels, at least one pixel and as many values as these make.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels, found \(channels)")
    precondition(width > 0 && height > 0, "an image has pixels, found \(height)x\(width)")
    precondition(
      pixels.count == width * height * channels,
      "\(height)x\(width) pixels of \(channels) need \(width * height * channels) values, found \(pixels.count)")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The image in grey (1) or RGB (3), as Pillow's `convert("L")` and `convert("RGB")` do it.
  public func converted(toChannels wanted: Int) -> DecodedImage {
    precondition(wanted == 1 || wanted == 3, "an image has 1 or 3 channels, found \(wanted)")
    if wanted == channels { return self }
    let count = width * height
    let converted = [UInt8](unsafeUninitializedCapacity: count * wanted) { result, filled in
      pixels.withUnsafeBufferPointer { pixels in
        for i in 0..<count {
          if wanted == 1 {
            result[i] = luma(red: pixels[3 * i], green: pixels[3 * i + 1], blue: pixels[3 * i + 2])
          } else {
            for c in 0..<3 { result[3 * i + c] = pixels[i] }
          }
        }
      }
      filled = count * wanted
    }
    return DecodedImage(width: width, height: height, channels: wanted, pixels: converted)
  }

  /// The image as a viewer shows it that respects the orientation, like Pillow's `ImageOps.exif_transpose`.
  func turned(to orientation: EXIFOrientation) -> DecodedImage {
    if orientation == .upright { return self }
    let (rows, columns) = orientation.exchangesAxes ? (width, height) : (height, width)
    // Where the first pixel lies, and how far its neighbours to the right and below are from it, in pixels.
    let last = width * height - 1
    let (first, right, below) =
      switch orientation {
      case .upright: (0, 1, width)
      case .mirrored: (width - 1, -1, width)
      case .turnedAround: (last, -1, -width)
      case .flipped: (last - (width - 1), 1, -width)
      case .transposed: (0, width, 1)
      case .turnedLeft: (last - (width - 1), -width, 1)
      case .transversed: (last, -width, -1)
      case .turnedRight: (width - 1, width, -1)
      }
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { result, filled in
      pixels.withUnsafeBufferPointer { pixels in
        var target = 0
        for y in 0..<rows {
          for x in 0..<columns {
            let source = (first + y * below + x * right) * channels
            for c in 0..<channels { result[target + c] = pixels[source + c] }
            target += channels
          }
        }
      }
      filled = pixels.count
    }
    return DecodedImage(width: columns, height: rows, channels: channels, pixels: turned)
  }
}

/// Grey of a colour by ITU-R 601-2, in Pillow's fixed-point arithmetic.
@inline(__always)
private func luma(red: UInt8, green: UInt8, blue: UInt8) -> UInt8 {
  UInt8(truncatingIfNeeded: (Int32(red) * 19595 + Int32(green) * 38470 + Int32(blue) * 7471 + 0x8000) >> 16)
}
