/// The side of a pool's output, rounded down; 0 where the input is too small.
private func pooledSize(_ size: Extent, kernel: Int, stride: Int, padding: Int) -> Extent {
  func side(_ input: Int) -> Int { input + 2 * padding < kernel ? 0 : (input + 2 * padding - kernel) / stride + 1 }
  return Extent(side(size.height), side(size.width))
}

/// A padded map that holds a tensor's values or gradient, for pools.
private func paddedMap(_ x: Tensor, device: Device) -> FeatureMap {
  let map = FeatureMap(ChannelLayout(slices: [x.shape[1]]))
  map.resize(images: x.shape[0], height: x.shape[2], width: x.shape[3], gradients: false)
  map.load(x, slice: 0, statistics: false, device: device)
  return map
}

/// Max pooling, as `torch.nn.MaxPool2d`: padding never wins, and of equal values the first does.
///
/// - x: `[N, C, H, W]`
public final class MaxPool2d: Layer {
  public let kernelSize: Int
  public let stride: Int
  public let padding: Int
  private var saved: (shape: PoolShape, argmax: Bytes, input: [Int])?

  /// - Parameter stride: nil for the kernel's size.
  /// - Precondition: the kernel is at most 16, and the padding at most half of it.
  public init(_ kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
    precondition((1...16).contains(kernelSize), "the kernel must be in 1...16, found \(kernelSize)")
    precondition(stride ?? kernelSize > 0, "the stride must be positive")
    precondition(
      padding >= 0 && 2 * padding <= kernelSize, "the padding must be at most half of the kernel, found \(padding)")
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
  }

  /// The output's size for an input of `size`, in pixels; 0 where the input is too small.
  package func outputSize(_ size: Extent) -> Extent {
    pooledSize(size, kernel: kernelSize, stride: stride, padding: padding)
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: nil, outputChannels: nil, layer: "MaxPool2d", size: outputSize)
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: nil, layer: "MaxPool2d")
    let device = Device.current
    let input = paddedMap(x, device: device)
    let shape = PoolShape(
      height: input.height, width: input.width, channels: input.stride, inStride: input.stride, outStride: input.stride,
      kernel: kernelSize, stride: stride, padding: padding)
    let output = FeatureMap(input.layout)
    output.resize(images: input.images, height: shape.outHeight, width: shape.outWidth, gradients: false)
    let argmax = mode == .training ? Bytes(Buffer(output.pixels * output.stride)) : nil
    device.maxPool(
      shape, of: input.valueSlice(0), to: output.valueSlice(0), winners: argmax, images: input.images)
    if let argmax { saved = (shape, argmax, x.shape) }
    return output.tensor(device: device)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    guard let (shape, argmax, input) = saved else {
      preconditionFailure("MaxPool2d: backward needs a training-mode forward first")
    }
    precondition(outputGradient.shape == [input[0], input[1], shape.outHeight, shape.outWidth])
    let device = Device.current
    let gradient = paddedMap(outputGradient, device: device)
    let result = FeatureMap(gradient.layout)
    result.resize(images: input[0], height: input[2], width: input[3], gradients: false)
    device.maxPoolGradient(
      shape, of: gradient.valueSlice(0), winners: argmax, to: result.valueSlice(0), images: input[0])
    return result.tensor(device: device)
  }
}

extension MaxPool2d {
  var window: PoolWindow { PoolWindow(kernel: kernelSize, stride: stride, padding: padding) }
}

/// Average pooling, as `torch.nn.AvgPool2d`: padding counts as zeros.
///
/// - x: `[N, C, H, W]`
public final class AvgPool2d: Layer {
  public let kernelSize: Int
  public let stride: Int
  public let padding: Int
  private var saved: [Int]?

  /// - Parameter stride: nil for the kernel's size.
  public init(_ kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
    precondition(kernelSize > 0 && stride ?? kernelSize > 0, "kernel and stride must be positive")
    precondition(
      padding >= 0 && 2 * padding <= kernelSize, "the padding must be at most half of the kernel, found \(padding)")
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
  }

  /// The output's size for an input of `size`, in pixels; 0 where the input is too small.
  package func outputSize(_ size: Extent) -> Extent {
    pooledSize(size, kernel: kernelSize, stride: stride, padding: padding)
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: nil, outputChannels: nil, layer: "AvgPool2d", size: outputSize)
  }

  private func shape(_ input: [Int]) -> PoolShape {
    let channels = padded(input[1])
    return PoolShape(
      height: input[2], width: input[3], channels: channels, inStride: channels, outStride: channels,
      kernel: kernelSize, stride: stride, padding: padding)
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: nil, layer: "AvgPool2d")
    let device = Device.current
    let input = paddedMap(x, device: device)
    let shape = shape(x.shape)
    let output = FeatureMap(input.layout)
    output.resize(images: input.images, height: shape.outHeight, width: shape.outWidth, gradients: false)
    device.averagePool(shape, of: input.valueSlice(0), to: output.valueSlice(0), images: input.images)
    if mode == .training { saved = x.shape }
    return output.tensor(device: device)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    guard let input = saved else { preconditionFailure("AvgPool2d: backward needs a training-mode forward first") }
    let shape = shape(input)
    precondition(outputGradient.shape == [input[0], input[1], shape.outHeight, shape.outWidth])
    let device = Device.current
    let gradient = paddedMap(outputGradient, device: device)
    let result = FeatureMap(gradient.layout)
    result.resize(images: input[0], height: input[2], width: input[3], gradients: false)
    device.averagePoolGradient(shape, of: gradient.valueSlice(0), to: result.valueSlice(0), images: input[0])
    return result.tensor(device: device)
  }
}

/// The mean of each channel's whole map, as `torch.nn.AdaptiveAvgPool2d(1)`.
///
/// - x: `[N, C, H, W]`
/// - result: `[N, C, 1, 1]`
public final class GlobalAvgPool2d: Layer {
  private var saved: [Int]?

  public init() {}

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: nil, outputChannels: nil, layer: "GlobalAvgPool2d") { _ in 1 }
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: nil, layer: "GlobalAvgPool2d")
    if mode == .training { saved = x.shape }
    let (images, channels, area) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
    var sums = [Double](repeating: 0, count: images * channels)
    for image in 0..<images {
      for pixel in 0..<area {
        for c in 0..<channels {
          sums[image * channels + c] += Double(x.storage[(image * area + pixel) * channels + c])
        }
      }
    }
    return Tensor(shape: [images, channels, 1, 1], storage: sums.map { Float($0 / Double(area)) })
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    guard let shape = saved else {
      preconditionFailure("GlobalAvgPool2d: backward needs a training-mode forward first")
    }
    precondition(outputGradient.shape == [shape[0], shape[1], 1, 1])
    let area = shape[2] * shape[3]
    let scaled = outputGradient.storage.map { $0 / Float(area) }
    var storage: [Float] = []
    storage.reserveCapacity(scaled.count * area)
    for image in 0..<shape[0] {
      for _ in 0..<area { storage += scaled[image * shape[1]..<(image + 1) * shape[1]] }
    }
    return Tensor(shape: shape, storage: storage)
  }
}
