/// The mean over all elements of `(prediction − target)²`, as `torch.nn.MSELoss`.
public struct MSELoss: Sendable {
  public init() {}

  /// The mean over all elements.
  /// - Parameters:
  ///   - predictions: of any shape, not empty.
  ///   - targets: of the same shape.
  public func callAsFunction(_ predictions: Tensor, _ targets: Tensor) -> Double {
    mean(of: difference(predictions, targets))
  }

  /// The same, and its gradient by the predictions, of their shape.
  public func lossAndGradient(_ predictions: Tensor, _ targets: Tensor) -> (loss: Double, gradient: Tensor) {
    let difference = difference(predictions, targets)
    return (mean(of: difference), difference * (2 / Float(predictions.count)))
  }

  private func difference(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    precondition(predictions.count > 0, "the mean of no elements is not defined")
    return predictions - targets
  }

  private func mean(of difference: Tensor) -> Double {
    difference.storage.reduce(0) { $0 + Double($1) * Double($1) } / Double(difference.count)
  }
}
