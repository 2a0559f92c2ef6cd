public import DenseNetData
public import DenseNets

extension Predictor {
  /// How much each place of the last feature map speaks for a class (Zhou et al. 2016).
  /// - Parameters:
  ///   - activations: the network's last map, `[N, channels, h, w]`, as `Predictor.activations` gives it.
  ///   - image: which of the N.
  /// - Precondition: there are such a class and such an image.
  public func classActivationMap(of classIndex: Int, _ activations: Tensor, image: Int = 0) -> HeatMap {
    precondition(
      activations.rank == 4 && (0..<activations.shape[0]).contains(image),
      "expected an image of activations [N, channels, h, w], found \(image) of \(activations.shape)")
    let (channels, height, width) = (activations.shape[1], activations.shape[2], activations.shape[3])
    let weights = classifierWeights(of: classIndex).values
    let values = (0..<height * width).map { place in
      let start = (image * height * width + place) * channels
      return (0..<channels).reduce(Float(0)) { $0 + weights[$1] * activations.storage[start + $1] }
    }
    return HeatMap(Tensor(shape: [height, width], values: values))
  }
}
