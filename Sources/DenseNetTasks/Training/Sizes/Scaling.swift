import DenseNetData
import DenseNets

/// Pixels of images with sides of `old` pixels in those of images with sides of `new` pixels.
struct Scaling {
  let old: Int
  let new: Int

  /// To the nearest; something stays something.
  func callAsFunction(_ pixels: Int) -> Int {
    if pixels == 0 || old == new { return pixels }
    return min(max(1, (pixels * new + old / 2) / old), Preprocessing.largestSide)
  }
}

extension Preprocessing {
  /// The same for inputs of another size.
  func scaled(_ scaling: Scaling) -> Preprocessing {
    var result = self
    switch resize {
    case .none: break
    case .shorterSide(let side): result.resize = .shorterSide(scaling(side))
    case .exact(let height, let width): result.resize = .exact(height: scaling(height), width: scaling(width))
    case .fit(let height, let width): result.resize = .fit(height: scaling(height), width: scaling(width))
    case .cover(let height, let width): result.resize = .cover(height: scaling(height), width: scaling(width))
    }
    result.crop = crop?.map { scaling($0) }
    return result
  }
}

extension Augmentation {
  /// The same for images of another size: what is told in pixels is as large a part of them.
  func scaled(_ scaling: Scaling) -> Augmentation {
    var result = self
    (result.cropPadding, result.cutout) = (scaling(cropPadding), scaling(cutout))
    return result
  }
}
