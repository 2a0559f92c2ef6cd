/// A DenseNet (Huang et al. 2017): a stem, dense blocks with transitions between them, and a classifier.
///
/// - x: `[N, inputChannels, H, W]`
/// - result: `[N, numClasses]` logits
///
/// The default configuration is the network of the DenseNet chapter of *Dive into Deep Learning*: 758,226 parameters.
public final class DenseNet: Layer {
  public let configuration: Configuration
  let stem: any NetworkStem
  public let blocks: [DenseBlock]
  public let transitions: [Transition]
  let head: FusedConvolution
  private let logits: FeatureMap
  private let arena = Arena()
  private var plan: StepPlan?
  /// Whether the last pass was a forward one in training: a backward pass reuses the memory that it reads.
  private var isBackwardDue = false
  /// Whether to recompute in the backward pass what can be recomputed, instead of keeping it (after Pleiss et al. 2017,
  /// as torchvision's `memory_efficient`): the maps of bottlenecks, and where the stem's pools found their maxima.
  /// Results are identical, bit for bit. Normalised and concatenated maps are never kept in the first place.
  public var memoryEfficient = false
  /// The number of blocks, from the first, that training leaves unchanged, with everything before each of them.
  var frozenBlocks = 0

  /// - Parameter initialization: how weights are initialized, by default as in PyTorch (training from scratch begins
  ///   with ``initialize(seed:)``); nil: zeros, to be loaded.
  /// - Precondition: the configuration is valid, see ``Configuration/validate()``.
  public init(_ configuration: Configuration = .d2l, initialization: Initialization? = .pytorch) {
    do { try configuration.validate() } catch { preconditionFailure("\(error)") }
    self.configuration = configuration
    let bias = configuration.convolutionBias
    stem = Self.stem(configuration, initialization)
    var blocks: [DenseBlock] = []
    var transitions: [Transition] = []
    var channels = configuration.initialFeatures
    for (index, layers) in configuration.blockLayers.enumerated() {
      let block = DenseBlock(
        layers: layers, inputChannels: channels, growthRate: configuration.growthRate,
        bottleneckWidth: configuration.bottleneckWidth, dropRate: configuration.dropRate, bias: bias,
        naming: configuration.naming, initialization: initialization)
      blocks.append(block)
      channels = block.outputChannels
      if index + 1 < configuration.blockLayers.count {
        channels = configuration.transitionChannels(channels)
        transitions.append(
          Transition(
            source: block.map.layout, outputChannels: channels, pool: configuration.transitionPool, bias: bias,
            naming: configuration.naming, initialization: initialization))
      }
    }
    (self.blocks, self.transitions) = (blocks, transitions)
    head = FusedConvolution(
      norm: BatchNorm2d(channels),
      convolution: Linear(channels, configuration.numClasses, initialization: initialization),
      source: blocks.last!.map.layout, pool: .global, feedsNorm: false)
    logits = FeatureMap(ChannelLayout(slices: [configuration.numClasses]))
    nameConvolutions()
  }

  private static func stem(_ configuration: Configuration, _ initialization: Initialization?) -> any NetworkStem {
    let (input, output) = (configuration.inputChannels, configuration.initialFeatures)
    let bias = configuration.convolutionBias
    return switch configuration.stem {
    case .imageNet:
      ImageNetStem(
        convolution: Conv2d(
          input, output, kernelSize: 7, stride: 2, padding: 3, bias: bias, initialization: initialization),
        norm: BatchNorm2d(output), pool: MaxPool2d(3, stride: 2, padding: 1))
    case .cifar:
      CIFARStem(
        convolution: Conv2d(input, output, kernelSize: 3, padding: 1, bias: bias, initialization: initialization))
    }
  }

  /// For profiles.
  private func nameConvolutions() {
    for (index, block) in blocks.enumerated() {
      for (number, layer) in block.layers.enumerated() {
        for (part, fused) in layer.convolutions.enumerated() {
          let own = FusedNames.denseLayer(number, part: part, configuration.naming)
          fused.name = "\(names.block(index)).\(own.convolution)"
        }
      }
      if index < transitions.count {
        let own = FusedNames.transition(configuration.naming)
        transitions[index].fused.name = "\(names.transition(index)).\(own.convolution)"
      }
    }
    head.name = names.classifier
  }

  public var classifier: Linear { head.convolution as! Linear }

  /// Sets all parameters anew: the chapter's weights Xavier-uniform, the others' as torchvision's (He-normal
  /// convolutions, a classifier of PyTorch's own with zero bias).
  public func initialize(seed: UInt64) {
    switch configuration.naming {
    case .chapter: initialize(.xavierUniform, seed: seed)
    case .torchvision:
      initialize(.heNormal, seed: seed)
      initializeClassifier(seed: seed)
    }
  }

  /// Sets the classifier anew, as for a new set of classes.
  public func initializeClassifier(seed: UInt64) {
    classifier.initialize(.pytorch, seed: seed ^ 0xC1A5_51F1)
    if configuration.naming == .torchvision { classifier.bias!.value = .zeros([configuration.numClasses]) }
  }

  public var children: [(name: String, layer: any Layer)] {
    var result = stem.layers.compactMap { part in names.stem(part.name).map { (name: $0, layer: part.layer) } }
    result.removeAll { !($0.layer is Conv2d) && !($0.layer is BatchNorm2d) }
    for (index, block) in blocks.enumerated() {
      result.append((names.block(index), block))
      if index < transitions.count { result.append((names.transition(index), transitions[index])) }
    }
    return result + [(names.lastNorm, head.norm), (names.classifier, classifier)]
  }

  /// The size of each block's map for images of `size`.
  /// - Throws: ``Failure`` if the images are too small.
  package func mapSizes(_ size: Extent) throws -> [Extent] { try configuration.mapSizes(size) }

  /// The side of the smallest square images that the network takes, in pixels.
  public var minimumSize: Int { configuration.minimumSize }

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
    stem.forward(x, to: blocks[0].map, kept: stemMemory, mode: mode, device: device)
    for (index, block) in blocks.enumerated() {
      block.forward(mode: mode, device: device)
      if index < transitions.count {
        transitions[index].forward(from: block.map, to: blocks[index + 1].map, mode: mode, device: device)
      }
    }
    head.forward(from: blocks.last!.map, to: logits, slice: 0, mode: mode, device: device)
    isBackwardDue = mode == .training
    return logits.tensor(device: device).reshaped([x.shape[0], configuration.numClasses])
  }

  /// What the stem keeps, if it does.
  private var stemMemory: Bytes? { plan!.stem.map { arena.bytes($0) } }

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
      let pixels = inputShape[0] * size.area
      let places = plan.blocks[index]
      block.map.use(
        images: inputShape[0], height: size.height, width: size.width, training: training,
        values: arena.map(places.values, count: pixels * block.map.stride, plan.precision),
        gradients: places.gradients.map { arena.map($0, count: pixels * block.map.stride, plan.precision) } ?? .none)
      for (number, layer) in block.layers.enumerated() {
        layer.prepare(
          block.map, training: training, memory: bottleneckMemory(places, layer, number: number, pixels: pixels))
      }
      if let place = places.unpooled, let unpooled = transitions[index].unpooled {
        func memory(_ part: Int) -> MapMemory {
          arena.map(part, count: pixels * unpooled.map.stride, plan.precision)
        }
        unpooled.use(
          images: inputShape[0], size: size, values: memory(place.values),
          gradients: place.gradients.map(memory) ?? .none, winners: place.winners.map(arena.bytes))
      }
    }
    logits.resize(images: inputShape[0], height: 1, width: 1, gradients: training)
  }

  private func bottleneckMemory(
    _ places: StepPlan.BlockPlaces, _ layer: DenseLayer, number: Int, pixels: Int
  ) -> DenseLayer.BottleneckMemory? {
    guard let map = layer.bottleneck?.map, let place = places.bottleneck else { return nil }
    let count = pixels * map.stride
    func memory(_ part: Int) -> MapMemory { arena.map(part, count: count, plan!.precision) }
    return DenseLayer.BottleneckMemory(
      values: arena.map(place.values, skipping: number * place.step, count: count, plan!.precision),
      later: place.later.map(memory), gradients: place.gradients.map(memory) ?? .none)
  }

  public func backward(_ outputGradient: Tensor, needsInputGradient: Bool) -> Tensor? {
    backward(outputGradient, needsInputGradient: needsInputGradient) { _ in }
  }

  /// The parts are the classifier with its norm, then each block and the transition before it, from the last to the first,
  /// then the stem. What is frozen with all before it is left out.
  public func backward(
    _ outputGradient: Tensor, needsInputGradient: Bool, onGradients: ([Parameter]) throws -> Void
  ) rethrows -> Tensor? {
    precondition(
      isBackwardDue && outputGradient.shape == [logits.images, configuration.numClasses],
      "DenseNet: one backward follows a training-mode forward of the same batch, found \(outputGradient.shape)")
    isBackwardDue = false
    let device = Device.current
    logits.loadGradient(outputGradient.reshaped(outputGradient.shape + [1, 1]), device: device)
    logits.clearDeferred()
    for block in blocks { block.map.clearDeferred() }

    head.backward(from: blocks.last!.map, to: logits, slice: 0, stores: true, device: device)
    try onGradients(head.norm.parameters + classifier.parameters)
    for (index, block) in blocks.enumerated().reversed() {
      if index < frozenBlocks && !needsInputGradient { return nil }
      block.backward(device: device)
      try onGradients(block.parameters)
      if index > frozenBlocks || index > 0 && needsInputGradient {
        transitions[index - 1].backward(from: blocks[index - 1].map, to: block.map, device: device)
        try onGradients(transitions[index - 1].parameters)
      }
    }
    if frozenBlocks > 0 && !needsInputGradient { return nil }
    let inputGradient = stem.backward(
      from: blocks[0].map, kept: stemMemory, needsInputGradient: needsInputGradient, device: device)
    try onGradients(stem.layers.flatMap { $0.layer.parameters })
    return inputGradient
  }
}
