/// A differentiable function with parameters: a forward pass and, after it, a backward pass.
///
/// `backward` belongs to the `forward` in ``Mode/training`` right before it, and sets the gradient of every parameter (it
/// does not add to it). Layers are not safe to share between tasks.
public protocol Layer: AnyObject {
  /// The layer's output for `x`.
  /// - Precondition: `x` has the shape that the layer's documentation states.
  func forward(_ x: Tensor, mode: Mode) -> Tensor

  /// The gradient of the last training-mode input, given that of its output; sets the parameters' gradients.
  /// - Parameter needsInputGradient: false saves the work of computing the result, and returns nil.
  func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor?
  /// The same, and reports which parameters' gradients are complete, part by part, while it still works on others. A
  /// layer that does not implement this reports all of them at its end.
  func backward(
    _ outputGradient: Tensor, needsInputGradient: Bool, onGradients: ([Parameter]) throws -> Void
  ) rethrows -> Tensor?

  /// Parts with parameters of their own, and the name under which PyTorch's `state_dict` lists each.
  var children: [(name: String, layer: any Layer)] { get }
  /// This layer's own learned parameters, by PyTorch's names.
  var ownParameters: [(name: String, parameter: Parameter)] { get }
  /// This layer's own state that is not learned by gradients, by PyTorch's names.
  var ownBuffers: [(name: String, parameter: Parameter)] { get }

  /// The shape of the output for an input of `shape`.
  /// - Throws: ``Failure`` if the layer cannot take the shape.
  func outputShape(_ shape: [Int]) throws -> [Int]
  /// The multiply-adds of convolutions and linear layers for an input of `shape`.
  /// - Throws: ``Failure`` if the layer cannot take the shape.
  func multiplyAdds(_ shape: [Int]) throws -> Int
}

extension Layer {
  public var children: [(name: String, layer: any Layer)] { [] }
  public var ownParameters: [(name: String, parameter: Parameter)] { [] }
  public var ownBuffers: [(name: String, parameter: Parameter)] { [] }
  public func multiplyAdds(_ shape: [Int]) throws -> Int { 0 }

  /// `layer(x)`: the output in inference mode, or in training mode if asked.
  public func callAsFunction(_ x: Tensor, mode: Mode = .inference) -> Tensor { forward(x, mode: mode) }

  public func backward(
    _ outputGradient: Tensor, needsInputGradient: Bool, onGradients: ([Parameter]) throws -> Void
  ) rethrows -> Tensor? {
    let gradient = backward(outputGradient, needsInputGradient: needsInputGradient)
    try onGradients(parameters)
    return gradient
  }

  /// The input gradient of the last training-mode forward pass.
  public func backward(_ outputGradient: Tensor) -> Tensor {
    backward(outputGradient, needsInputGradient: true)!
  }

  /// Every learned parameter with its state-dict name, in PyTorch's order.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    ownParameters
      + children.flatMap { child in child.layer.namedParameters.map { ("\(child.name).\($0.name)", $0.parameter) } }
  }

  /// Every learned parameter, in the same order.
  var parameters: [Parameter] { namedParameters.map(\.parameter) }

  /// Learned parameters and buffers with their state-dict names, in PyTorch's order.
  public var namedState: [(name: String, parameter: Parameter)] {
    ownParameters + ownBuffers
      + children.flatMap { child in child.layer.namedState.map { ("\(child.name).\($0.name)", $0.parameter) } }
  }

  /// Every batch norm below this layer with its state-dict name.
  public var namedBatchNorms: [(name: String, layer: BatchNorm2d)] {
    children.flatMap { child -> [(name: String, layer: BatchNorm2d)] in
      if let norm = child.layer as? BatchNorm2d { return [(child.name, norm)] }
      return child.layer.namedBatchNorms.map { ("\(child.name).\($0.name)", $0.layer) }
    }
  }

  /// Every dropout below this layer, by a name like a state-dict's.
  package var namedDropouts: [(name: String, layer: Dropout)] {
    children.flatMap { child -> [(name: String, layer: Dropout)] in
      if let dropout = child.layer as? Dropout { return [(child.name, dropout)] }
      return child.layer.namedDropouts.map { ("\(child.name).\($0.name)", $0.layer) }
    }
  }

  /// Learned values.
  public var parameterCount: Int { namedParameters.reduce(0) { $0 + $1.parameter.count } }
}

extension Tensor {
  /// - Precondition: the tensor is a non-empty `[N, channels, H, W]`.
  func requireImages(channels: Int?, layer: String) {
    precondition(
      rank == 4 && count > 0 && (channels == nil || shape[1] == channels),
      "\(layer): expected [N, \(channels.map(String.init) ?? "C"), H, W], found \(shape)")
  }
}

/// The output shape of a layer over images, or what is wrong with its input's.
func imageShape(
  _ shape: [Int], channels: Int?, outputChannels: Int?, layer: String, size: (Extent) -> Extent
) throws -> [Int] {
  guard shape.count == 4, channels == nil || shape[1] == channels else {
    let expected = channels.map(String.init) ?? "C"
    throw Failure(.usage, "\(layer): expected input [N, \(expected), H, W], found \(shape)")
  }
  let output = size(Extent(shape[2], shape[3]))
  guard output.height > 0, output.width > 0 else {
    throw Failure(.usage, "\(layer): a map of \(shape[2])×\(shape[3]) pixels is too small; use larger images")
  }
  return [shape[0], outputChannels ?? shape[1], output.height, output.width]
}
