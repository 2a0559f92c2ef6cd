/// Layers one after another, as `torch.nn.Sequential`; children are named by their position.
///
/// ```swift
/// let b1 = Sequential(
///   Conv2d(1, 64, kernelSize: 7, stride: 2, padding: 3), BatchNorm2d(64), ReLU(), MaxPool2d(3, stride: 2, padding: 1))
/// ```
public final class Sequential: Layer {
  public private(set) var layers: [any Layer]

  public init(_ layers: any Layer...) { self.layers = layers }
  public init(_ layers: [any Layer]) { self.layers = layers }

  public func append(_ layer: any Layer) { layers.append(layer) }

  public var children: [(name: String, layer: any Layer)] {
    layers.enumerated().map { ("\($0.offset)", $0.element) }
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try layers.reduce(shape) { try $1.outputShape($0) }
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int {
    var shape = shape
    var total = 0
    for layer in layers {
      total += try layer.multiplyAdds(shape)
      shape = try layer.outputShape(shape)
    }
    return total
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    layers.reduce(x) { $1.forward($0, mode: mode) }
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    var gradient = outputGradient
    for (index, layer) in layers.enumerated().reversed() {
      guard let next = layer.backward(gradient, needsInputGradient: needsInputGradient || index > 0) else { return nil }
      gradient = next
    }
    return gradient
  }
}
