import Foundation

/// Operations that move an image's pixels. Pixels from outside are black.
extension DecodedImage {
  /// An image of this shape that is filled row by row.
  private func filled(
    width: Int, height: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void
  ) -> DecodedImage {
    let count = width * height * channels
    let result = [UInt8](unsafeUninitializedCapacity: count) { result, filled in
      pixels.withUnsafeBufferPointer { fill(UnsafeMutableBufferPointer(rebasing: result[..<count]), $0) }
      filled = count
    }
    return DecodedImage(width: width, height: height, channels: channels, pixels: result)
  }

  /// A part of the image.
  func part(rows: Range<Int>, columns: Range<Int>) -> DecodedImage {
    filled(width: columns.count, height: rows.count) { result, source in
      let count = columns.count * channels
      for (target, y) in rows.enumerated() {
        let begin = (y * width + columns.lowerBound) * channels
        _ = UnsafeMutableBufferPointer(rebasing: result[target * count..<(target + 1) * count])
          .update(fromContentsOf: source[begin..<begin + count])
      }
    }
  }

  /// The image moved by whole pixels, in its own size: the pixel at (y, x) is the one that was at (y + down, x +
  /// right).
  func shifted(down: Int, right: Int) -> DecodedImage {
    if down == 0, right == 0 { return self }
    return filled(width: width, height: height) { result, source in
      result.update(repeating: 0)
      let rows = max(0, -down)..<max(min(height, height - down), max(0, -down))
      let columns = max(0, -right)..<max(min(width, width - right), max(0, -right))
      for y in rows {
        let target = (y * width + columns.lowerBound) * channels
        let begin = ((y + down) * width + columns.lowerBound + right) * channels
        _ = UnsafeMutableBufferPointer(rebasing: result[target..<target + columns.count * channels])
          .update(fromContentsOf: source[begin..<begin + columns.count * channels])
      }
    }
  }

  /// Left and right exchanged.
  func mirrored() -> DecodedImage { turned(to: .mirrored) }

  /// Top and bottom exchanged.
  func flipped() -> DecodedImage { turned(to: .flipped) }

  /// Turned counter-clockwise about the centre, each pixel the nearest one: Pillow's `rotate(degrees)`.
  func rotated(degrees: Double) -> DecodedImage {
    let radians = -degrees * .pi / 180
    // Pillow rounds to 15 decimals, so that a right angle is one.
    let (cosine, sine) = ((cos(radians) * 1e15).rounded() / 1e15, (sin(radians) * 1e15).rounded() / 1e15)
    let (centerX, centerY) = (Double(width) / 2, Double(height) / 2)
    let originX = centerX - cosine * centerX - sine * centerY
    let originY = centerY + sine * centerX - cosine * centerY
    // Where the centre of the first pixel comes from, and the steps to the right and down, in 65,536ths.
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (stepX, stepY) = (fixed(cosine), fixed(sine))
    let firstX = fixed(originX + cosine * 0.5 + sine * 0.5)
    let firstY = fixed(originY - sine * 0.5 + cosine * 0.5)
    let (negatedY, columns, rows) = (fixed(-sine), width, height)
    return filled(width: width, height: height) { result, source in
      var target = 0
      for y in 0..<rows {
        var (x16, y16) = (firstX + y * stepY, firstY + y * stepX)
        for _ in 0..<columns {
          let (sourceX, sourceY) = (x16 >> 16, y16 >> 16)
          let isInside = sourceX >= 0 && sourceX < columns && sourceY >= 0 && sourceY < rows
          let begin = (sourceY * columns + sourceX) * channels
          for c in 0..<channels { result[target + c] = isInside ? source[begin + c] : 0 }
          target += channels
          x16 += stepX
          y16 += negatedY
        }
      }
    }
  }
}
