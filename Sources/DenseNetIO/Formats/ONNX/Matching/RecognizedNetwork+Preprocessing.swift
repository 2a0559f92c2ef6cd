import DenseNets

extension RecognizedNetwork {
  /// What a graph does to its images before the network, as preprocessing; nil where it does nothing.
  ///
  /// Preprocessing is (v / 255 - mean) / std of bytes v. A graph computes it of the bytes themselves, or of v / 255: the
  /// former where it divides by large numbers or shifts by them.
  /// - Parameters:
  ///   - shape: of the graph's input, where it is stated.
  ///   - isBytes: whether the input is of bytes.
  /// - Throws: ``WeightsProblem`` for images that no preprocessing makes.
  func preprocessing(_ shape: [Int64?]?, _ isBytes: Bool) throws(WeightsProblem) -> Preprocessing? {
    if front.affine.isIdentity, !isBytes { return nil }
    let channels = stem.convolution.inputs
    let affine = front.affine.expanded(channels)
    let ofBytes = isBytes || affine.scale.contains { abs($0) < 0.2 } || affine.shift.contains { abs($0) > 8 }
    let white = ofBytes ? 255.0 : 1
    let sides = shape.map { front.isChannelsLast ? ($0[1], $0[2]) : ($0[2], $0[3]) }
    var result = Preprocessing.imageNet
    if let (height, width) = sides, let height, let width, (height, width) != (224, 224) {
      result.crop = nil
      result.resize = .exact(height: Int(clamping: height), width: Int(clamping: width))
    }
    result.inputChannels = channels
    result.std = affine.scale.map { 1 / ($0 * white) }
    result.mean = zip(affine.shift, result.std).map { -$0 * $1 }
    if Self.isReversed(result.mean) {
      throw WeightsProblem(
        "it takes its images' channels as blue, green, red, by the means that it subtracts, expected red, green, blue",
        remedy: "export the network with the first convolution's input channels, and the means, turned round")
    }
    do throws(Failure) { try result.validate(.invalidData) } catch {
      throw WeightsProblem("what it does to its images is no normalisation: \(error)", remedy: ONNXImport.remedy)
    }
    return result
  }

  /// Whether means are those of ImageNet for blue, green and red, as Caffe's networks have them.
  private static func isReversed(_ mean: [Double]) -> Bool {
    mean.count == 3 && zip(mean, Preprocessing.imageNet.mean.reversed()).allSatisfy { abs($0 - $1) < 0.01 }
  }
}
