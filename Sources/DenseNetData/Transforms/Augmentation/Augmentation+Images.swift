import DenseNets
import Foundation

extension Augmentation {
  /// An image as the network is to see it, varied, before normalisation.
  /// - Parameters:
  ///   - isTurn: whether this epoch is one in which alternation mirrors the image, see ``mirrors(seed:epoch:index:)``.
  ///   - draws: the image's own.
  /// - Throws: as ``Preprocessing/image(_:)``.
  func image(
    _ image: DecodedImage, preparation: inout ImagePreparation, isTurn: Bool, draws: inout RandomDraws
  ) throws(Failure) -> DecodedImage {
    var result: DecodedImage
    if let randomResizedCrop {
      let part = Self.randomPart(of: image, leastShare: randomResizedCrop, draws: &draws)
      result = try preparation.resized(image.part(rows: part.rows, columns: part.columns), of: image)
    } else {
      result = try preparation.image(image)
    }
    if cropPadding > 0 {
      let down = draws.below(2 * cropPadding + 1) - cropPadding
      result = result.shifted(down: down, right: draws.below(2 * cropPadding + 1) - cropPadding)
    }
    if horizontalFlip > 0, alternatingFlip ? isTurn : draws.happens(horizontalFlip) { result = result.mirrored() }
    if verticalFlip > 0, draws.happens(verticalFlip) { result = result.flipped() }
    if rotation > 0 { result = result.rotated(degrees: draws.uniform(-rotation, rotation)) }
    return colorJitter == ColorJitter() ? result : jittered(result, &draws)
  }

  /// Whether alternation mirrors an image in an epoch.
  func mirrors(seed: UInt64, epoch: Int, index: Int) -> Bool {
    var draws = RandomDraws(seed: seed, purpose: .flip, epoch: 0, number: index)
    return (draws.below(2) + epoch) % 2 == 1
  }

  private func jittered(_ image: DecodedImage, _ draws: inout RandomDraws) -> DecodedImage {
    let order = draws.permutation(4)
    func factor(_ strength: Double, _ draws: inout RandomDraws) -> Double {
      draws.uniform(max(0, 1 - strength), 1 + strength)
    }
    let (brightness, contrast) = (factor(colorJitter.brightness, &draws), factor(colorJitter.contrast, &draws))
    let saturation = factor(colorJitter.saturation, &draws)
    let hue = draws.uniform(-colorJitter.hue, colorJitter.hue)
    var result = image
    for step in order {
      switch step {
      case 0 where colorJitter.brightness > 0: result = result.withBrightness(brightness)
      case 1 where colorJitter.contrast > 0: result = result.withContrast(contrast)
      case 2 where colorJitter.saturation > 0: result = result.withSaturation(saturation)
      case 3 where colorJitter.hue > 0: result = result.withHue(hue)
      default: break
      }
    }
    return result
  }

  /// torchvision's `RandomResizedCrop.get_params`: ten tries, then the largest central part of a permitted shape.
  static func randomPart(
    of image: DecodedImage, leastShare: Double, draws: inout RandomDraws
  ) -> (rows: Range<Int>, columns: Range<Int>) {
    let (height, width) = (image.height, image.width)
    let (narrow, wide) = (3.0 / 4, 4.0 / 3)
    for _ in 0..<10 {
      let area = Double(height * width) * draws.uniform(leastShare, 1)
      let ratio = exp(draws.uniform(log(narrow), log(wide)))
      let (w, h) = (
        Int((area * ratio).squareRoot().rounded(.toNearestOrEven)),
        Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
      )
      if w > 0, w <= width, h > 0, h <= height {
        let (y, x) = (draws.below(height - h + 1), draws.below(width - w + 1))
        return (y..<y + h, x..<x + w)
      }
    }
    let ratio = Double(width) / Double(height)
    let w = ratio > wide ? Int((Double(height) * wide).rounded(.toNearestOrEven)) : width
    let h = ratio < narrow ? Int((Double(width) / narrow).rounded(.toNearestOrEven)) : height
    let (y, x) = ((height - h) / 2, (width - w) / 2)
    return (y..<y + h, x..<x + w)
  }

  /// The rectangles of an image that are set to 0 after normalisation.
  func erasedParts(height: Int, width: Int, draws: inout RandomDraws) -> [(rows: Range<Int>, columns: Range<Int>)] {
    var parts: [(rows: Range<Int>, columns: Range<Int>)] = []
    if randomErasing > 0, draws.happens(randomErasing),
      let part = Self.randomRectangle(height: height, width: width, draws: &draws)
    {
      parts.append(part)
    }
    if cutout > 0 {
      let (y, x) = (draws.below(height) - cutout / 2, draws.below(width) - cutout / 2)
      parts.append((max(y, 0)..<min(y + cutout, height), max(x, 0)..<min(x + cutout, width)))
    }
    return parts
  }

  /// torchvision's `RandomErasing.get_params`: nil where ten tries find nothing that is smaller than the image.
  private static func randomRectangle(
    height: Int, width: Int, draws: inout RandomDraws
  ) -> (rows: Range<Int>, columns: Range<Int>)? {
    for _ in 0..<10 {
      let area = Double(height * width) * draws.uniform(0.02, 0.33)
      let ratio = exp(draws.uniform(log(0.3), log(3.3)))
      let h = Int((area * ratio).squareRoot().rounded(.toNearestOrEven))
      let w = Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
      guard h < height, w < width else { continue }
      let (y, x) = (draws.below(height - h + 1), draws.below(width - w + 1))
      return (y..<y + h, x..<x + w)
    }
    return nil
  }
}
