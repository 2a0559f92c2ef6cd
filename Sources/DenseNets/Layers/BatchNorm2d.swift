/// Batch normalisation over images (Ioffe and Szegedy 2015), as `torch.nn.BatchNorm2d`.
///
/// - x: `[N, channels, H, W]`, and the result has its shape.
///
/// `y = γ·(x − μ)/√(v + ε) + β` for each channel, with the batch's mean and biased variance in training and the running
/// ones in inference. Training moves the running statistics: `running = (1 − momentum)·running + momentum·batch`, with
/// the batch's unbiased variance.
public final class BatchNorm2d: Layer {
  public let channels: Int
  public let epsilon: Float
  /// The weight of the new value, as PyTorch counts it.
  public let momentum: Float
  /// γ, `[channels]`.
  public let weight: Parameter
  /// β, `[channels]`.
  public let bias: Parameter
  public let runningMean: Parameter
  public let runningVariance: Parameter
  /// Training-mode passes so far.
  package var batchesTracked = 0
  /// While the running statistics are measured anew: the passes so far, of which they are the plain averages.
  var measuredPasses: Int?
  /// Whether training, too, uses the running statistics and changes nothing: torchvision's `FrozenBatchNorm2d`. The gradients of
  /// γ and β are then zero.
  public var isFrozen = false
  private lazy var map = FeatureMap(ChannelLayout(slices: [channels]))
  private lazy var normalization = NormalizationEngine(map.layout)
  private var sums = Buffer<Float>(0)

  public init(_ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1) {
    precondition(channels > 0, "channels must be positive")
    (self.channels, self.epsilon, self.momentum) = (channels, epsilon, momentum)
    weight = Parameter(.ones([channels]))
    bias = Parameter(.zeros([channels]))
    runningMean = Parameter(.zeros([channels]))
    runningVariance = Parameter(.ones([channels]))
  }

  public var ownParameters: [(name: String, parameter: Parameter)] { [("weight", weight), ("bias", bias)] }
  public var ownBuffers: [(name: String, parameter: Parameter)] {
    [("running_mean", runningMean), ("running_var", runningVariance)]
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    try imageShape(shape, channels: channels, outputChannels: channels, layer: "BatchNorm2d") { $0 }
  }

  /// - Parameter count: the values in each channel.
  func updateRunningStatistics(mean: [Float], variance: [Float], count: Int) {
    precondition(count > 1, "BatchNorm2d: training needs more than one value per channel")
    let unbiased = Float(count) / Float(count - 1)
    var momentum = momentum
    if let passes = measuredPasses {
      measuredPasses = passes + 1
      momentum = 1 / Float(passes + 1)
      // Nothing is left of the old ones, not even by rounding.
      if passes == 0 { (runningMean.value, runningVariance.value) = (.zeros([channels]), .zeros([channels])) }
    } else {
      batchesTracked += 1
    }
    for c in 0..<channels {
      runningMean.value.storage[c] += momentum * (mean[c] - runningMean.value.storage[c])
      runningVariance.value.storage[c] += momentum * (variance[c] * unbiased - runningVariance.value.storage[c])
    }
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: channels, layer: "BatchNorm2d")
    let device = Device.current
    map.resize(images: x.shape[0], height: x.shape[2], width: x.shape[3], gradients: mode == .training)
    map.load(x, slice: 0, statistics: mode == .training, device: device)
    normalization.prepare(self, map.statistics, mode: mode)
    let output = FeatureMap(map.layout)
    output.resize(images: map.images, height: map.height, width: map.width, gradients: false)
    device.transform(
      map.valueSlice(0), to: output.valueSlice(0), by: normalization.affine, stride: map.stride, channels: map.stride,
      area: map.height * map.width, images: map.images)
    return output.tensor(device: device)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    precondition(
      map.isTraining && outputGradient.shape == [map.images, channels, map.height, map.width],
      "BatchNorm2d: backward follows a training-mode forward of the same shape, found \(outputGradient.shape)")
    let device = Device.current
    map.loadGradient(outputGradient, device: device)
    if sums.count < map.images * 2 * map.stride { sums = Buffer(map.images * 2 * map.stride) }
    device.normalizationSums(
      sums, gradient: map.gradients.slice(), of: map.valueSlice(0), mean: Slice(map.statistics.mean),
      stride: map.stride,
      channels: map.stride, area: Extent(map.height, map.width), images: map.images)
    map.clearDeferred()
    normalization.settle(
      self, sums: sumRows(Slice(sums), rows: map.images, stride: 2 * map.stride, count: 2 * map.stride), map.statistics,
      shift: map.deferredShift, slope: map.deferredSlope)
    guard needsInputGradient else { return nil }
    // The sums are settled already, so the deferred terms apply at once, on top of the scaled gradient.
    return map.gradientTensor(slice: 0, scale: normalization.affine.scale, device: device)
  }
}
