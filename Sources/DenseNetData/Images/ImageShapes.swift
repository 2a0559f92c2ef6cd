package import DenseNets

/// How far images are from square, which is what a square crop from their centre leaves out; and how many are next to
/// black, since they use few of their 16 bits.
package struct ImageShapes: Sendable, Equatable {
  /// An image whose sides differ by no more than this share of the longer one counts as square.
  private static let tolerance = 0.1

  private var count = 0
  private var oblong = 0
  private var dark = 0
  /// The least of the shorter side's shares of the longer one.
  private var least = 1.0

  package init() {}

  package mutating func add(_ image: DecodedImage) {
    add(height: image.height, width: image.width)
    if image.isDark { dark += 1 }
  }

  package mutating func add(height: Int, width: Int) {
    let ratio = Double(min(height, width)) / Double(max(height, width, 1))
    count += 1
    if ratio < 1 - Self.tolerance { oblong += 1 }
    least = min(least, ratio)
  }

  package mutating func add(_ other: ImageShapes) {
    count += other.count
    oblong += other.oblong
    dark += other.dark
    least = min(least, other.least)
  }

  /// A warning where images use the lowest 12 of their 16 bits alone; nil: none do.
  package var darkness: String? {
    guard dark > 0 else { return nil }
    let images = count == 1 ? "the image has" : "\(grouped(dark)) of \(grouped(count)) images have"
    return
      "\(images) 16 bits a value and no value of 4,096 or more: next to nothing is left of them, since the highest 8 bits are read; rescale their values to 0 to 65,535, or to 8 bits"
  }

  /// What is lost of the images with that preparation: `12 of 40 images are not square: the centre crop cuts up to 44% off
  /// their longer side`. Nil where it is next to nothing, or nothing is cropped to a square.
  package func croppedEdges(by preprocessing: Preprocessing) -> String? {
    guard oblong > 0, case .shorterSide(let side) = preprocessing.resize, let crop = preprocessing.crop,
      crop[0] == crop[1]
    else { return nil }
    let lost = 1 - min(1, Double(crop[0]) / Double(side)) * least
    let amount = "\(Int((100 * lost).rounded()))%"
    return count == 1
      ? "the image is not square: the centre crop cuts \(amount) off its longer side"
      : "\(grouped(oblong)) of \(grouped(count)) images are not square: the centre crop cuts up to \(amount) off their longer side"
  }
}
