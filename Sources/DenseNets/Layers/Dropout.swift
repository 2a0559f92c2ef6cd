/// Zeroes each value with probability `rate` in training and scales the rest by `1/(1 − rate)`, as `torch.nn.Dropout`.
///
/// The mask is a function of the seed, the pass and the position alone: the same for any number of threads, and made
/// again, not stored, in the backward pass.
public final class Dropout: Layer {
  public let rate: Float
  public var seed: UInt64
  /// Training-mode passes so far. With the seed, it decides what the next pass drops.
  package var passes: UInt64 = 0

  /// - Parameter seed: nil for a new one; two layers of one seed drop the same positions.
  public init(_ rate: Float = 0.5, seed: UInt64? = nil) {
    precondition(rate >= 0 && rate < 1, "the rate must be in 0..<1, found \(rate)")
    self.rate = rate
    self.seed = seed ?? .random(in: 0...UInt64.max)
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] { shape }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    guard mode == .training, rate > 0 else { return x }
    passes += 1
    return masked(x)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    rate > 0 ? masked(outputGradient) : outputGradient
  }

  /// The random numbers of this pass.
  private var stream: UInt64 { RandomSource.mix(seed &+ RandomSource.mix(passes)) }

  /// For a map that is not a tensor: a new mask for a forward pass in training, or the last one.
  func mask(isNew: Bool) -> DropoutMask {
    if isNew { passes += 1 }
    return DropoutMask(rate: rate, stream: stream, firstImage: BatchShare.current?.firstImage ?? 0)
  }

  private func masked(_ x: Tensor) -> Tensor {
    let threshold = UInt64(Double(rate) * 0x1p53)
    let scale = 1 / (1 - rate)
    var position = UInt64(x.count / max(1, x.shape[0]) * (BatchShare.current?.firstImage ?? 0))
    let stream = stream
    return x.map { value in
      position += 1
      return RandomSource.mix(stream &+ position) >> 11 < threshold ? 0 : value * scale
    }
  }
}
