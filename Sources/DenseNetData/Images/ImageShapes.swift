package import DenseNets

/// How far images are from square: what a square crop from their centre leaves out.
package struct ImageShapes: Sendable, Equatable {
  /// An image whose sides differ by no more than this share of the longer one counts as square.
  private static let tolerance = 0.1

  private var count = 0
  private var oblong = 0
  /// The least of the shorter side's shares of the longer one.
  private var least = 1.0

  package init() {}

  package mutating func add(height: Int, width: Int) {
    let ratio = Double(min(height, width)) / Double(max(height, width, 1))
    count += 1
    if ratio < 1 - Self.tolerance { oblong += 1 }
    least = min(least, ratio)
  }

  package mutating func add(_ other: ImageShapes) {
    count += other.count
    oblong += other.oblong
    least = min(least, other.least)
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
