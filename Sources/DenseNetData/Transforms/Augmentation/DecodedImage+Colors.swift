import Foundation

/// Changes of an image's colours, as torchvision makes them of a Pillow image, bit for bit.
extension DecodedImage {
  /// Brighter (factor above 1) or darker, black at 0: Pillow's `ImageEnhance.Brightness`.
  func withBrightness(_ factor: Double) -> DecodedImage { blended(with: 0, factor) }

  /// More contrast (factor above 1) or less, the mean grey at 0: Pillow's `ImageEnhance.Contrast`.
  func withContrast(_ factor: Double) -> DecodedImage {
    let grey = converted(toChannels: 1).pixels
    let sum = grey.reduce(0) { $0 + Int($1) }
    return blended(with: UInt8(Double(sum) / Double(grey.count) + 0.5), factor)
  }

  /// Stronger colours (factor above 1) or weaker, grey at 0: Pillow's `ImageEnhance.Color`.
  func withSaturation(_ factor: Double) -> DecodedImage {
    if channels == 1 { return self }
    let grey = converted(toChannels: 1).pixels
    var result = pixels
    let blend = Blend(factor)
    for i in grey.indices {
      for c in 0..<3 { result[3 * i + c] = blend(grey[i], pixels[3 * i + c]) }
    }
    return DecodedImage(width: width, height: height, channels: 3, pixels: result)
  }

  /// Every hue turned by a share of the circle, -0.5 to 0.5: torchvision's `adjust_hue`.
  func withHue(_ share: Double) -> DecodedImage {
    if channels == 1 { return self }
    let turn = UInt8(truncatingIfNeeded: Int(share * 255))
    var result = pixels
    for i in stride(from: 0, to: pixels.count, by: 3) {
      var color = HSVColor(red: pixels[i], green: pixels[i + 1], blue: pixels[i + 2])
      color.hue &+= turn
      (result[i], result[i + 1], result[i + 2]) = color.rgb
    }
    return DecodedImage(width: width, height: height, channels: 3, pixels: result)
  }

  /// Between an image of one grey (0) and this one (1), or beyond it.
  private func blended(with grey: UInt8, _ factor: Double) -> DecodedImage {
    let blend = Blend(factor)
    let table = (0...255).map { blend(grey, UInt8($0)) }
    let result = table.withUnsafeBufferPointer { table in pixels.map { table[Int($0)] } }
    return DecodedImage(width: width, height: height, channels: channels, pixels: result)
  }
}

/// `Image.blend`: `from + factor · (to − from)` in single precision, truncated to a whole number in 0…255.
private struct Blend {
  private let factor: Float

  init(_ factor: Double) { self.factor = Float(factor) }

  func callAsFunction(_ from: UInt8, _ to: UInt8) -> UInt8 {
    let value = Float(from) + factor * Float(Int(to) - Int(from))
    return value <= 0 ? 0 : value >= 255 ? 255 : UInt8(value)
  }
}

/// A colour by hue, saturation and value, each of 8 bits, as Pillow's `convert("HSV")` has them.
struct HSVColor {
  var hue: UInt8
  var saturation: UInt8
  var value: UInt8

  init(red: UInt8, green: UInt8, blue: UInt8) {
    let greatest = max(red, green, blue)
    value = greatest
    let range = Float(greatest - min(red, green, blue))
    guard range > 0 else {
      (hue, saturation) = (0, 0)
      return
    }
    /// How far a channel is below the greatest, in units of the range.
    func below(_ channel: UInt8) -> Float { Float(greatest - channel) / range }
    let sixth: Float =
      if red == greatest {
        below(blue) - below(green)
      } else if green == greatest {
        Float(2 + Double(below(red)) - Double(below(blue)))
      } else {
        Float(4 + Double(below(green)) - Double(below(red)))
      }
    let turn = Float((Double(sixth) / 6 + 1).truncatingRemainder(dividingBy: 1))
    hue = UInt8(Double(turn) * 255)
    saturation = UInt8(Double(range / Float(greatest)) * 255)
  }

  var rgb: (UInt8, UInt8, UInt8) {
    if saturation == 0 { return (value, value, value) }
    let position = Double(hue) * 6 / 255
    let sector = Int(position)
    let (rest, share) = (Float(position - Double(sector)), Float(Double(saturation) / 255))
    /// The value less a share of it.
    func less(_ share: Double) -> UInt8 { UInt8(min(max((Double(value) * (1 - share)).rounded(), 0), 255)) }
    let (low, falling) = (less(Double(share)), less(Double(share * rest)))
    let rising = less(Double(share) * (1 - Double(rest)))
    return switch sector % 6 {
    case 0: (value, rising, low)
    case 1: (falling, value, low)
    case 2: (low, value, rising)
    case 3: (low, falling, value)
    case 4: (rising, low, value)
    default: (value, low, falling)
    }
  }
}
