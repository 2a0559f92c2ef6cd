/// The mean over all elements of `(prediction − target)²`, as `torch.nn.MSELoss`.
public struct MSELoss: Sendable {
  public init() {}

  /// A batch's loss, and its gradient.
  public struct Result: Sendable {
    /// The mean over all elements.
    public let loss: Double
    /// By the predictions, of their shape; nil unless asked for.
    public let gradient: Tensor?
  }

  /// - Parameters:
  ///   - predictions: of any shape, not empty.
  ///   - targets: of the same shape.
  public func callAsFunction(_ predictions: Tensor, _ targets: Tensor, gradient wanted: Bool = true) -> Result {
    precondition(predictions.count > 0, "the mean of no elements is not defined")
    let difference = predictions - targets
    let squares = difference.storage.reduce(0) { $0 + Double($1) * Double($1) }
    return Result(
      loss: squares / Double(predictions.count), gradient: wanted ? difference * (2 / Float(predictions.count)) : nil)
  }
}
