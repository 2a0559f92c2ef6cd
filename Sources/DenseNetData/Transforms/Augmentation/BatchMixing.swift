/// How each image of a batch is mixed with its partner.
struct BatchMixing: Equatable {
  enum Way: Equatable {
    /// Mixup: every pixel is a sum of both images'.
    case blend
    /// CutMix: a box is the partner's, around a pixel at these shares of the height and the width.
    case paste(down: Double, right: Double)
  }

  let way: Way
  /// λ: the share of the image itself, before a box is cut off at the image's edges.
  let share: Double

  typealias Box = (rows: Range<Int>, columns: Range<Int>)

  /// The part of images of this size that is the partner's; nil where all pixels are sums.
  func box(height: Int, width: Int) -> Box? {
    guard case .paste(let down, let right) = way else { return nil }
    let center = (Int(down * Double(height)), Int(right * Double(width)))
    return Self.box(share: share, center: center, height: height, width: width)
  }

  /// timm's `rand_bbox`: of odd sides, a pixel less.
  static func box(share: Double, center: (y: Int, x: Int), height: Int, width: Int) -> Box {
    let ratio = max(0, 1 - share).squareRoot()
    func range(_ center: Int, _ side: Int) -> Range<Int> {
      let half = Int(Double(side) * ratio) / 2
      return max(0, center - half)..<min(side, center + half)
    }
    return (range(center.y, height), range(center.x, width))
  }

  /// The share of the image itself in its mixture, of this size: what its label counts for.
  func ownShare(height: Int, width: Int) -> Double {
    guard let box = box(height: height, width: width) else { return share }
    return 1 - Double(box.rows.count * box.columns.count) / Double(height * width)
  }
}

extension Augmentation {
  /// How a batch is mixed; nil: it is not.
  func mixing(seed: UInt64, epoch: Int, batch: Int) -> BatchMixing? {
    func draws(_ purpose: RandomDraws.Purpose) -> RandomDraws {
      RandomDraws(seed: seed, purpose: purpose, epoch: epoch, number: batch)
    }
    if cutmix > 0 {
      var draws = draws(.cutmix)
      if mixup == 0 || draws.happens(mixupSwitchProb) {
        let share = draws.beta(cutmix)
        return BatchMixing(way: .paste(down: draws.uniform(), right: draws.uniform()), share: share)
      }
    }
    guard mixup > 0 else { return nil }
    var draws = draws(.mixup)
    let share = draws.beta(mixup)
    return share < 1 ? BatchMixing(way: .blend, share: share) : nil
  }
}
