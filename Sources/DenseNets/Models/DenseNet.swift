/// A DenseNet (Huang et al. 2017): a stem, dense blocks with transitions between them, and a classifier.
///
/// - x: `[N, inputChannels, H, W]`
/// - result: `[N, numClasses]` logits
///
/// The default configuration is the network of the DenseNet chapter of *Dive into Deep Learning*: 758,226 parameters.
public final class DenseNet: Layer {
  public let configuration: Configuration
  let stem: Stem
  public let blocks: [DenseBlock]
  public let transitions: [Transition]
  let head: FusedConvolution
  private let logits: FeatureMap
  private let arena = Arena()
  private var plan: StepPlan?
  /// Whether the last pass was a forward one in training: a backward pass reuses the memory that it reads.
  private var isBackwardDue = false
  /// Whether to compute again in the backward pass what can be had again, instead of keeping it (after Pleiss et al.
  /// 2017, as torchvision's `memory_efficient`): here, where the stem's pools found their maxima. Not a bit of any
  /// result depends on it. Normalised and concatenated maps are never kept in the first place.
  public var memoryEfficient = false

  /// The numbers that make a DenseNet.
  public struct Configuration: Sendable, Equatable {
    public var inputChannels: Int
    public var numClasses: Int
    /// Output channels of the stem.
    public var initialFeatures: Int
    /// Channels that each dense layer adds.
    public var growthRate: Int
    /// Dense layers of each block.
    public var blockLayers: [Int]

    public init(
      inputChannels: Int = 1, numClasses: Int = 10, initialFeatures: Int = 64, growthRate: Int = 32,
      blockLayers: [Int] = [4, 4, 4, 4]
    ) {
      (self.inputChannels, self.numClasses) = (inputChannels, numClasses)
      (self.initialFeatures, self.growthRate) = (initialFeatures, growthRate)
      self.blockLayers = blockLayers
    }

    /// The chapter's network.
    public static let d2l = Configuration()
  }

  /// Weights start as PyTorch's do; the chapter then calls `initialize(.xavierUniform, seed:)`.
  public init(_ configuration: Configuration = .d2l) {
    precondition(!configuration.blockLayers.isEmpty, "a DenseNet needs a block")
    self.configuration = configuration
    stem = Stem(
      convolution: Conv2d(
        configuration.inputChannels, configuration.initialFeatures, kernelSize: 7, stride: 2, padding: 3),
      norm: BatchNorm2d(configuration.initialFeatures), pool: MaxPool2d(3, stride: 2, padding: 1))
    var blocks: [DenseBlock] = []
    var transitions: [Transition] = []
    var channels = configuration.initialFeatures
    for (index, layers) in configuration.blockLayers.enumerated() {
      let block = DenseBlock(layers: layers, inputChannels: channels, growthRate: configuration.growthRate)
      blocks.append(block)
      channels = block.outputChannels
      if index + 1 < configuration.blockLayers.count {
        transitions.append(Transition(source: block.map.layout, outputChannels: channels / 2))
        channels /= 2
      }
    }
    (self.blocks, self.transitions) = (blocks, transitions)
    head = FusedConvolution(
      norm: BatchNorm2d(channels), convolution: Linear(channels, configuration.numClasses),
      source: blocks.last!.map.layout, pool: .global, feedsNorm: false)
    logits = FeatureMap(ChannelLayout(slices: [configuration.numClasses]))
    for (index, block) in blocks.enumerated() {
      for (layer, fused) in block.fused.enumerated() { fused.name = "\(2 * index + 1).net.\(layer).2" }
      if index < transitions.count { transitions[index].fused.name = "\(2 * index + 2).2" }
    }
    head.name = "\(2 * blocks.count + 4)"
  }

  public var classifier: Linear { head.convolution as! Linear }

  /// The chapter's `net.state_dict()`: `0` is the stem, then blocks and transitions alternate, then the last batch
  /// norm, three parts without parameters and the linear layer.
  public var children: [(name: String, layer: any Layer)] {
    var result: [(name: String, layer: any Layer)] = [("0.0", stem.convolution), ("0.1", stem.norm)]
    for (index, block) in blocks.enumerated() {
      result.append(("\(2 * index + 1)", block))
      if index < transitions.count { result.append(("\(2 * index + 2)", transitions[index])) }
    }
    let last = 2 * blocks.count
    return result + [("\(last)", head.norm), ("\(last + 4)", classifier)]
  }

  /// The size of each block's map for images of `size`.
  /// - Throws: ``Failure`` if the images are too small.
  public func mapSizes(_ size: Extent) throws -> [Extent] {
    var sizes = [stem.outputSize(size)]
    for _ in transitions { sizes.append(Extent(sizes.last!.height / 2, sizes.last!.width / 2)) }
    guard sizes.allSatisfy({ $0.height > 0 && $0.width > 0 }) else {
      throw Failure(
        .usage,
        "images of \(size.height)×\(size.width) pixels are too small for this network, which wants at least \(minimumSize)×\(minimumSize); use larger images"
      )
    }
    return sizes
  }

  /// The side of the smallest square images that the network takes, in pixels.
  public var minimumSize: Int {
    var side = 1
    while true {
      let map = stem.outputSize(Extent(side))
      if map.height >= 1 << transitions.count { return side }
      side += 1
    }
  }

  public func outputShape(_ shape: [Int]) throws -> [Int] {
    guard shape.count == 4, shape[1] == configuration.inputChannels else {
      throw Failure(.usage, "DenseNet: expected input [N, \(configuration.inputChannels), H, W], found \(shape)")
    }
    _ = try mapSizes(Extent(shape[2], shape[3]))
    return [shape[0], configuration.numClasses]
  }

  public func multiplyAdds(_ shape: [Int]) throws -> Int {
    try summary(inputShape: shape).reduce(0) { $0 + $1.multiplyAdds }
  }

  public func forward(_ x: Tensor, mode: Mode) -> Tensor {
    x.requireImages(channels: configuration.inputChannels, layer: "DenseNet")
    let device = Device.current
    prepare(inputShape: x.shape, mode: mode, device: device)
    stem.forward(x, to: blocks[0].map, winners: winners, mode: mode, device: device)
    for (index, block) in blocks.enumerated() {
      block.forward(mode: mode, device: device)
      if index < transitions.count {
        transitions[index].fused.forward(
          from: block.map, to: blocks[index + 1].map, slice: 0, mode: mode, device: device)
      }
    }
    head.forward(from: blocks.last!.map, to: logits, slice: 0, mode: mode, device: device)
    isBackwardDue = mode == .training
    return logits.tensor(device: device).reshaped([x.shape[0], configuration.numClasses])
  }

  /// Where the stem keeps what its pools chose, if it does.
  private var winners: Bytes? { plan!.winners.map { arena.bytes($0) } }

  /// Lays out the memory of a step, unless the last one was like it.
  private func prepare(inputShape: [Int], mode: Mode, device: Device) {
    if plan?.isFor(inputShape, mode, device, memoryEfficient: memoryEfficient) != true {
      guard let new = try? StepPlan(self, inputShape: inputShape, mode: mode, device: device) else {
        preconditionFailure("DenseNet: images of \(inputShape[2])×\(inputShape[3]) pixels are too small")
      }
      arena.adopt(new.arena)
      plan = new
    }
    let plan = plan!
    device.reserve(workspace: plan.workspace, scratch: plan.scratch)
    let training = mode == .training
    for (index, (block, size)) in zip(blocks, plan.sizes).enumerated() {
      let count = inputShape[0] * size.area * block.map.stride
      block.map.use(
        images: inputShape[0], height: size.height, width: size.width, training: training,
        values: arena.map(plan.values(index), count: count, plan.precision),
        gradients: training ? arena.map(plan.gradients(index), count: count, plan.precision) : .none)
    }
    logits.resize(images: inputShape[0], height: 1, width: 1, gradients: training)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    precondition(
      isBackwardDue && outputGradient.shape == [logits.images, configuration.numClasses],
      "DenseNet: one backward follows a training-mode forward of the same batch, found \(outputGradient.shape)")
    isBackwardDue = false
    let device = Device.current
    logits.loadGradient(outputGradient.reshaped(outputGradient.shape + [1, 1]), device: device)
    logits.clearDeferred()
    for block in blocks { block.map.clearDeferred() }

    head.backward(from: blocks.last!.map, to: logits, slice: 0, stores: true, device: device)
    for (index, block) in blocks.enumerated().reversed() {
      block.backward(device: device)
      if index > 0 {
        transitions[index - 1].fused.backward(
          from: blocks[index - 1].map, to: block.map, slice: 0, stores: true, device: device)
      }
    }
    return stem.backward(
      from: blocks[0].map, winners: winners, needsInputGradient: needsInputGradient, device: device)
  }
}
