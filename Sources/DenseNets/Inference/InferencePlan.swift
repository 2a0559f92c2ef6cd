/// A network's passes over one shape of input, and the memory that they share.
///
/// A block's layers run over a few images at a time, so many that a bottleneck's map stays in cache between the
/// convolution that writes it and the one that reads it.
final class InferencePlan {
  let inputShape: [Int]
  private let network: InferenceNetwork
  private let device: Device
  private let sizes: [Extent]
  private let blocks: [Block]
  private let arena: Arena
  private let maps: [MapMemory]
  private let transitions: [Transition]
  private let head: InferencePass
  private let logitsMap: MapMemory
  private let stemConvolution: (pass: InferencePass, images: MapMemory, layout: ChannelLayout)?
  /// What the stem writes, where the first map is of bytes and it is not; nil: it writes into that map.
  private let stemOutput: MapMemory?

  /// The passes of a block's layers over a group of images.
  private struct Block {
    let layers: [(bottleneck: InferencePass?, growing: InferencePass)]
    /// Images of a group.
    let group: Int
    let bottleneck: MapMemory
    let bottleneckStride: Int
    let map: ChannelLayout
  }

  /// A transition's pass over all images.
  private struct Transition {
    let pass: InferencePass
    /// What it writes before a max pool; nil: the next block's map.
    let unpooled: (memory: MapMemory, pool: PoolShape)?
    /// What that pool writes, where the next map is of bytes; nil: it writes into that map.
    let pooled: MapMemory?
  }

  /// - Throws: ``Failure`` if the network cannot take the shape.
  init(_ network: InferenceNetwork, inputShape: [Int], device: Device) throws {
    (self.network, self.inputShape, self.device) = (network, inputShape, device)
    let images = inputShape[0]
    let precision = network.precision(on: device)
    // Of what is not a block's.
    let plain = precision == .int8 ? .fp32 : precision
    let size = Extent(inputShape[2], inputShape[3])
    let sizes = try network.configuration.mapSizes(size)
    self.sizes = sizes
    let arena = Arena()
    self.arena = arena
    let strides = network.maps.map(\.paddedChannels)
    let groups = sizes.map { max(1, min(images, Tiling.groupPixels / $0.area)) }

    var parts: [ArenaPlan.Part] = []
    func add(_ name: String, _ count: Int, _ times: ClosedRange<Int>, _ precision: Precision) -> Int {
      parts.append(ArenaPlan.Part(name, bytes: count * precision.bytes, times: times))
      return parts.count - 1
    }
    let blockParts = sizes.enumerated().map { b, size in
      add("block \(b + 1)", images * size.area * strides[b], max(0, 2 * b - 1)...2 * b + 1, precision)
    }
    let widths = network.blocks.map { $0[0].bottleneck?.outputChannels ?? 0 }
    let bottleneckParts = sizes.indices.map { b in
      add("bottleneck \(b + 1)", groups[b] * sizes[b].area * widths[b], 2 * b...2 * b, precision)
    }
    var imageStride = 0
    if case .convolution(_, let layout) = network.stem { imageStride = layout.paddedChannels }
    let imagesPart = add("images", images * size.area * imageStride, 0...0, plain)
    let stemCount = network.roundsStem ? images * sizes[0].area * network.stemChannels : 0
    let stemPart = add("stem", stemCount, 0...0, plain)
    let averages = network.configuration.transitionPool == .average
    func transitionPart(_ name: String, _ b: Int, _ count: Int) -> Int? {
      averages
        ? nil : add("\(name) \(b + 1)", count * network.transitions[b].outputChannels, 2 * b + 1...2 * b + 1, plain)
    }
    let unpooledParts = network.transitions.indices.map { transitionPart("transition", $0, images * sizes[$0].area) }
    let pooledParts = network.transitions.indices.map { b in
      precision == .int8 ? transitionPart("pooled transition", b, images * sizes[b + 1].area) : nil
    }
    arena.adopt(ArenaPlan(parts))
    maps = sizes.indices.map {
      arena.map(blockParts[$0], count: images * sizes[$0].area * strides[$0], precision)
    }
    stemOutput = network.roundsStem ? arena.map(stemPart, count: stemCount, plain) : nil
    let stemStride = network.roundsStem ? network.stemChannels : strides[0]

    if case .convolution(let convolution, let layout) = network.stem {
      let pass = InferencePass(
        convolution, size: size, inStride: imageStride, outStride: stemStride, images: images, precision: plain,
        device: device)
      let memory = arena.map(imagesPart, count: images * size.area * imageStride, plain)
      stemConvolution = (pass, memory, layout)
    } else {
      stemConvolution = nil
    }
    blocks = network.blocks.indices.map { b in
      let layers = network.blocks[b].map { layer in
        (
          bottleneck: layer.bottleneck.map {
            InferencePass(
              $0, size: sizes[b], inStride: strides[b], outStride: widths[b], images: groups[b], precision: precision,
              device: device)
          },
          growing: InferencePass(
            layer.growing, size: sizes[b], inStride: layer.bottleneck == nil ? strides[b] : widths[b],
            outStride: strides[b], images: groups[b], precision: precision, device: device)
        )
      }
      return Block(
        layers: layers, group: groups[b],
        bottleneck: arena.map(bottleneckParts[b], count: groups[b] * sizes[b].area * widths[b], precision),
        bottleneckStride: widths[b], map: network.maps[b])
    }
    transitions = network.transitions.enumerated().map { b, transition in
      let channels = transition.outputChannels
      return Transition(
        pass: InferencePass(
          transition, size: sizes[b], inStride: strides[b], outStride: averages ? strides[b + 1] : channels,
          pool: averages ? 2 : 1, images: images, precision: precision, device: device),
        unpooled: averages
          ? nil
          : (
            arena.map(unpooledParts[b]!, count: images * sizes[b].area * channels, plain),
            .halving(sizes[b], channels: channels, outStride: precision == .int8 ? channels : strides[b + 1])
          ),
        pooled: pooledParts[b].map { arena.map($0, count: images * sizes[b + 1].area * channels, plain) })
    }
    let classes = network.head.outputChannels
    head = InferencePass(
      network.head, size: sizes.last!, inStride: strides.last!, outStride: classes, pool: sizes.last!, images: images,
      precision: precision, device: device)
    logitsMap = MapMemory(images * classes, .fp32)
  }

  /// From images of the planned shape to the last map, and on to the logits.
  /// - Parameter classifies: whether the logits are wanted.
  func run(_ x: Tensor, classifies: Bool, observer: (any PassObserver)? = nil) {
    precondition(x.shape == inputShape)
    runStem(x)
    for (b, block) in blocks.enumerated() {
      let area = sizes[b].area
      observer?.observe(
        .slice(0, block: b), maps[b].slice(), stride: block.map.paddedChannels, images: inputShape[0], size: sizes[b])
      for first in stride(from: 0, to: inputShape[0], by: block.group) {
        runLayers(
          b, at: first * area * block.map.paddedChannels, count: min(block.group, inputShape[0] - first), observer)
      }
      observer?.observe(
        .map(block: b), maps[b].slice(), stride: block.map.paddedChannels, images: inputShape[0], size: sizes[b])
      if b < transitions.count {
        run(transitions[b], from: maps[b].slice(), toBlock: b + 1)
      } else if classifies {
        head.run(from: maps[b].slice(), to: logitsMap.slice(), count: inputShape[0], device: device)
      }
    }
  }

  private func run(_ transition: Transition, from input: MapSlice, toBlock b: Int) {
    let (images, output) = (inputShape[0], maps[b].slice())
    guard let (memory, pool) = transition.unpooled else {
      return transition.pass.run(from: input, to: output, count: images, device: device)
    }
    transition.pass.run(from: input, to: memory.slice(), count: images, device: device)
    device.maxPool(
      pool, of: memory.slice(), to: transition.pooled?.slice() ?? output, winners: nil, images: images)
    if let pooled = transition.pooled { store(pooled, channels: pool.channels, toBlock: b) }
  }

  /// Rounds to bytes what a block begins with.
  private func store(_ values: MapMemory, channels: Int, toBlock b: Int) {
    device.storeInt8(
      values.slice(), valueStride: channels, to: maps[b].slice(), stride: network.maps[b].paddedChannels,
      scaling: network.quantizedMaps![b].storing(0), channels: channels, area: sizes[b].area, images: inputShape[0])
  }

  private func runStem(_ x: Tensor) {
    let size = Extent(inputShape[2], inputShape[3])
    let output = (stemOutput ?? maps[0]).slice()
    switch network.stem {
    case .pooled(let stem):
      let stride = stemOutput == nil ? network.maps[0].paddedChannels : network.stemChannels
      stem.run(x, stem.geometry.shape(size: size, outStride: stride), to: output, device: device)
    case .convolution:
      let (pass, images, layout) = stemConvolution!
      device.load(
        x.storage, stride: layout.channels, channels: layout.channels, into: images.slice(),
        stride: layout.paddedChannels, pixels: inputShape[0] * size.area)
      pass.run(from: images.slice(), to: output, count: inputShape[0], device: device)
    }
    if let stemOutput { store(stemOutput, channels: network.stemChannels, toBlock: 0) }
  }

  private func runLayers(_ b: Int, at start: Int, count: Int, _ observer: (any PassObserver)?) {
    let (block, map) = (blocks[b], maps[b])
    for (index, layer) in block.layers.enumerated() {
      let output = map.slice(at: start + block.map.offset(index + 1))
      var input = map.slice(at: start)
      if let bottleneck = layer.bottleneck {
        bottleneck.run(from: input, to: block.bottleneck.slice(), count: count, device: device)
        input = block.bottleneck.slice()
        observer?.observe(
          .bottleneck(layer: index, block: b), input, stride: block.bottleneckStride, images: count, size: sizes[b])
      }
      layer.growing.run(from: input, to: output, count: count, device: device)
      observer?.observe(
        .slice(index + 1, block: b), output, stride: block.map.paddedChannels, images: count, size: sizes[b])
    }
  }

  /// `[N, numClasses]`, after a run that classifies.
  func logits() -> Tensor {
    let (images, classes) = (inputShape[0], network.configuration.numClasses)
    var values = [Float](repeating: 0, count: images * classes)
    device.read(
      logitsMap.slice(), stride: network.head.outputChannels, channels: classes, pixels: images, into: &values,
      stride: classes)
    return Tensor(shape: [images, classes], storage: values)
  }

  /// A slice of a block's map as numbers, and values from one pixel to the next.
  private func numbers(ofBlock b: Int, slice index: Int, count: Int) -> (map: MapSlice, stride: Int) {
    let layout = network.maps[b]
    let map = maps[b].slice(at: layout.offset(index))
    guard let quantized = network.quantizedMaps?[b] else { return (map, layout.paddedChannels) }
    let (images, area, channels) = (inputShape[0], sizes[b].area, padded(count))
    let target = MapMemory(images * area * channels, .fp32)
    device.readInt8(
      map, stride: layout.paddedChannels, to: target.slice(), valueStride: channels, scaling: quantized.reading(index),
      channels: channels, area: area, images: images)
    return (target.slice(), channels)
  }

  /// A block's map, `[N, channels, h, w]`: the last one's after a run, any other's only until the next block takes its
  /// memory.
  func map(ofBlock b: Int) -> Tensor {
    let layout = network.maps[b]
    let pixels = inputShape[0] * sizes[b].area
    let channels = layout.channels
    var values = [Float](repeating: 0, count: pixels * channels)
    var first = 0
    for (slice, count) in layout.slices.enumerated() {
      let (map, stride) = numbers(ofBlock: b, slice: slice, count: count)
      device.read(
        map, stride: stride, channels: count, pixels: pixels, into: &values, at: first, stride: channels)
      first += count
    }
    return Tensor(shape: [inputShape[0], channels, sizes[b].height, sizes[b].width], storage: values)
  }

  /// The last map, normalised and rectified, `[N, channels, h, w]`, after a run.
  func activations() -> Tensor {
    var map = map(ofBlock: maps.count - 1)
    let channels = map.shape[1]
    for start in stride(from: 0, to: map.count, by: channels) {
      for (c, affine) in network.lastNorm.enumerated() {
        map.storage[start + c] = max(map.storage[start + c] * affine.scale + affine.shift, 0)
      }
    }
    return map
  }
}
