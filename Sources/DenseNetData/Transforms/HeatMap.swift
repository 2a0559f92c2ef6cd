public import DenseNets

/// Where a network looked: a small map of values over the part of an image that it saw.
public struct HeatMap: Sendable {
  /// `[H, W]`, each 0…1.
  public let values: Tensor

  /// The longest side of an overlay, in pixels; larger images are shrunk.
  package static let largestSide = 1024

  /// Stretches values of any size to 0…1; equal ones become 0, as do those that are not finite.
  /// - Parameter values: `[H, W]`, both at least 1.
  public init(_ values: Tensor) {
    precondition(values.rank == 2 && values.count > 0, "expected a map [H, W], found shape \(values.shape)")
    let finite = values.values.filter(\.isFinite)
    let (least, greatest) = (finite.min() ?? 0, finite.max() ?? 0)
    let extent = greatest - least
    self.values = values.map { extent > 0 && $0.isFinite ? ($0 - least) / extent : 0 }
  }

  /// The image in RGB under the map: the higher the value, the warmer the colour and the less of the image shows.
  /// What the network did not see, because of a crop, is dark.
  /// - Parameters:
  ///   - image: as it was decoded.
  ///   - preprocessing: what made the network's input of it.
  public func overlay(on image: DecodedImage, preprocessing: Preprocessing) -> DecodedImage {
    let shown = image.shrunk(toSide: Self.largestSide).converted(toChannels: 3)
    let seen = preprocessing.seenPart(height: image.height, width: image.width)
    let (rows, columns) = (
      samples(shown.height, seen: seen.rows, of: image.height, cells: values.shape[0]),
      samples(shown.width, seen: seen.columns, of: image.width, cells: values.shape[1])
    )
    let (cells, stride, colors) = (values.values, values.shape[1], TurboColormap.table)
    var result = shown.pixels
    var target = 0
    for row in rows {
      for column in columns {
        defer { target += 3 }
        guard let row, let column else {
          for c in 0..<3 { result[target + c] /= 3 }
          continue
        }
        let (upper, lower) = (row.first * stride, row.second * stride)
        let top = mixed(cells[upper + column.first], cells[upper + column.second], column.share)
        let bottom = mixed(cells[lower + column.first], cells[lower + column.second], column.share)
        let value = mixed(top, bottom, row.share)
        let color = colors[Int(value * 255 + 0.5)]
        let opacity = 0.25 + 0.4 * value
        for c in 0..<3 {
          result[target + c] = UInt8(mixed(Float(shown.pixels[target + c]), color[c], opacity) + 0.5)
        }
      }
    }
    return DecodedImage(width: shown.width, height: shown.height, channels: 3, pixels: result)
  }

  /// The map in Turbo's colours, to be laid over what the network saw.
  /// - Parameters:
  ///   - height, width: of the network's input, in pixels.
  package func colored(height: Int, width: Int) -> DecodedImage {
    let rows = samples(height, seen: 0...Double(height), of: height, cells: values.shape[0])
    let columns = samples(width, seen: 0...Double(width), of: width, cells: values.shape[1])
    let (cells, stride, colors) = (values.values, values.shape[1], TurboColormap.table)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(height * width * 3)
    for row in rows {
      for column in columns {
        guard let row, let column else { preconditionFailure("every pixel of the map was seen") }
        let (upper, lower) = (row.first * stride, row.second * stride)
        let top = mixed(cells[upper + column.first], cells[upper + column.second], column.share)
        let bottom = mixed(cells[lower + column.first], cells[lower + column.second], column.share)
        let color = colors[Int(mixed(top, bottom, row.share) * 255 + 0.5)]
        for c in 0..<3 { pixels.append(UInt8(color[c] + 0.5)) }
      }
    }
    return DecodedImage(width: width, height: height, channels: 3, pixels: pixels)
  }

  /// Two neighbouring cells, and how much the second counts.
  private struct Sample {
    let first: Int
    let second: Int
    let share: Float
  }

  /// For each pixel of an axis the cells that it lies between, or nil outside of what was seen.
  /// - Parameters:
  ///   - seen: in pixels of the original.
  ///   - original: its length.
  private func samples(_ pixels: Int, seen: ClosedRange<Double>, of original: Int, cells: Int) -> [Sample?] {
    let extent = seen.upperBound - seen.lowerBound
    return (0..<pixels).map { pixel in
      let position = (Double(pixel) + 0.5) * Double(original) / Double(pixels)
      guard seen.contains(position) else { return nil }
      let cell = min(max((position - seen.lowerBound) / extent * Double(cells) - 0.5, 0), Double(cells - 1))
      let first = Int(cell)
      return Sample(first: first, second: min(first + 1, cells - 1), share: Float(cell - Double(first)))
    }
  }
}

private func mixed(_ a: Float, _ b: Float, _ share: Float) -> Float { a + (b - a) * share }

extension Preprocessing {
  /// The part of an image that becomes the network's input, in pixels of the image: where the crop is larger than
  /// the image, more than there is of it.
  package func seenPart(height: Int, width: Int) -> (rows: ClosedRange<Double>, columns: ClosedRange<Double>) {
    let resized = resizedSize(height: height, width: width)
    func part(_ original: Int, _ resized: Int, _ crop: Int?) -> ClosedRange<Double> {
      let axis = CropAxis(of: resized, to: crop ?? resized)
      let scale = Double(original) / Double(resized)
      return Double(axis.kept.lowerBound - axis.before) * scale...Double(axis.kept.upperBound + axis.after) * scale
    }
    return (part(height, resized.height, crop?[0]), part(width, resized.width, crop?[1]))
  }
}

extension DecodedImage {
  /// The image with no side longer than `side`.
  fileprivate func shrunk(toSide side: Int) -> DecodedImage {
    let longest = max(width, height)
    if longest <= side { return self }
    let size = (height: max(height * side / longest, 1), width: max(width * side / longest, 1))
    let resize = PillowResize(from: (height, width), to: size, channels: channels)
    return DecodedImage(width: size.width, height: size.height, channels: channels, pixels: resize(pixels))
  }
}
