/// What stands before a network's first block: from raw images to the block's first slice.
protocol NetworkStem: AnyObject {
  /// Its layers in order, with the names that torchvision gives them.
  var layers: [(name: String, layer: any Layer)] { get }

  /// What a pass over images of `inputShape`, `[N, C, H, W]`, needs.
  func memory(
    inputShape: [Int], outStride: Int, training: Bool, memoryEfficient: Bool, device: Device
  ) -> StemMemory

  /// Writes the target's first slice, with statistics in training.
  /// - Parameters:
  ///   - x: `[N, C, H, W]`.
  ///   - kept: memory of the size that ``memory(inputShape:outStride:training:memoryEfficient:device:)`` asks for.
  func forward(_ x: Tensor, to target: FeatureMap, kept: Bytes?, mode: Mode, device: Device)

  /// From the gradient of the target's first slice: the parameters' gradients, and the input's if wanted.
  /// - Parameter kept: as the forward pass left it.
  func backward(from target: FeatureMap, kept: Bytes?, needsInputGradient: Bool, device: Device) -> Tensor?
}

/// The memory of a stem's passes.
struct StemMemory {
  /// What it writes in the forward pass, and in training reads in the backward pass: a name and bytes, or nothing.
  var kept: (name: String, bytes: Int)?
  /// In floats: borrowed for the time of a pass, and each thread's.
  var workspace: Int
  var scratch: Int
}
