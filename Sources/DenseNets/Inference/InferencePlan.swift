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
  }

  /// - Throws: ``Failure`` if the network cannot take the shape.
  init(_ network: InferenceNetwork, inputShape: [Int], device: Device) throws {
    (self.network, self.inputShape, self.device) = (network, inputShape, device)
    let images = inputShape[0]
    let precision = device.precision
    let size = Extent(inputShape[2], inputShape[3])
    let sizes = try network.configuration.mapSizes(size)
    self.sizes = sizes
    let arena = Arena()
    self.arena = arena
    let strides = network.maps.map(\.paddedChannels)
    let groups = sizes.map { max(1, min(images, Tiling.groupPixels / $0.area)) }

    var parts: [ArenaPlan.Part] = []
    func add(_ name: String, _ count: Int, _ times: ClosedRange<Int>) {
      parts.append(ArenaPlan.Part(name, bytes: count * precision.bytes, times: times))
    }
    for (b, size) in sizes.enumerated() {
      add("block \(b + 1)", images * size.area * strides[b], max(0, 2 * b - 1)...2 * b + 1)
    }
    let widths = network.blocks.map { $0[0].bottleneck?.outputChannels ?? 0 }
    for b in sizes.indices { add("bottleneck \(b + 1)", groups[b] * sizes[b].area * widths[b], 2 * b...2 * b) }
    var imageStride = 0
    if case .convolution(_, let layout) = network.stem { imageStride = layout.paddedChannels }
    add("images", images * size.area * imageStride, 0...0)
    let unpooledParts = parts.count
    if network.configuration.transitionPool == .max {
      for (b, transition) in network.transitions.enumerated() {
        add("transition \(b + 1)", images * sizes[b].area * transition.outputChannels, 2 * b + 1...2 * b + 1)
      }
    }
    arena.adopt(ArenaPlan(parts))
    maps = sizes.indices.map {
      arena.map($0, count: images * sizes[$0].area * strides[$0], precision)
    }

    if case .convolution(let convolution, let layout) = network.stem {
      let pass = InferencePass(
        convolution, size: size, inStride: imageStride, outStride: strides[0], images: images, precision: precision,
        device: device)
      let memory = arena.map(2 * sizes.count, count: images * size.area * imageStride, precision)
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
        bottleneck: arena.map(sizes.count + b, count: groups[b] * sizes[b].area * widths[b], precision),
        bottleneckStride: widths[b], map: network.maps[b])
    }
    let averages = network.configuration.transitionPool == .average
    transitions = network.transitions.enumerated().map { b, transition in
      let channels = transition.outputChannels
      return Transition(
        pass: InferencePass(
          transition, size: sizes[b], inStride: strides[b], outStride: averages ? strides[b + 1] : channels,
          pool: averages ? 2 : 1, images: images, precision: precision, device: device),
        unpooled: averages
          ? nil
          : (
            arena.map(unpooledParts + b, count: images * sizes[b].area * channels, precision),
            .halving(sizes[b], channels: channels, outStride: strides[b + 1])
          ))
    }
    let classes = network.head.outputChannels
    head = InferencePass(
      network.head, size: sizes.last!, inStride: strides.last!, outStride: classes, pool: sizes.last!, images: images,
      precision: precision, device: device)
    logitsMap = MapMemory(images * classes, .fp32)
  }

  /// From images of the planned shape to the last map, and on to the logits.
  /// - Parameter classifies: whether the logits are wanted.
  func run(_ x: Tensor, classifies: Bool) {
    precondition(x.shape == inputShape)
    runStem(x)
    for (b, block) in blocks.enumerated() {
      let area = sizes[b].area
      for first in stride(from: 0, to: inputShape[0], by: block.group) {
        runLayers(
          block, map: maps[b], at: first * area * block.map.paddedChannels,
          count: min(block.group, inputShape[0] - first))
      }
      if b < transitions.count {
        run(transitions[b], from: maps[b].slice(), to: maps[b + 1].slice())
      } else if classifies {
        head.run(from: maps[b].slice(), to: logitsMap.slice(), count: inputShape[0], device: device)
      }
    }
  }

  private func run(_ transition: Transition, from input: MapSlice, to output: MapSlice) {
    let images = inputShape[0]
    guard let (memory, pool) = transition.unpooled else {
      return transition.pass.run(from: input, to: output, count: images, device: device)
    }
    transition.pass.run(from: input, to: memory.slice(), count: images, device: device)
    device.maxPool(pool, of: memory.slice(), to: output, winners: nil, images: images)
  }

  private func runStem(_ x: Tensor) {
    let size = Extent(inputShape[2], inputShape[3])
    switch network.stem {
    case .pooled(let stem):
      let shape = stem.shape(size: size, outStride: network.maps[0].paddedChannels)
      stem.run(x, shape, to: maps[0].slice(), device: device)
    case .convolution:
      let (pass, images, layout) = stemConvolution!
      device.kernels.load(
        x.storage, from: 0, stride: layout.channels, channels: layout.channels, into: images.slice(),
        stride: layout.paddedChannels, pixels: inputShape[0] * size.area)
      pass.run(from: images.slice(), to: maps[0].slice(), count: inputShape[0], device: device)
    }
  }

  private func runLayers(_ block: Block, map: MapMemory, at start: Int, count: Int) {
    for (index, layer) in block.layers.enumerated() {
      let output = map.slice(at: start + block.map.offset(index + 1))
      guard let bottleneck = layer.bottleneck else {
        layer.growing.run(from: map.slice(at: start), to: output, count: count, device: device)
        continue
      }
      bottleneck.run(from: map.slice(at: start), to: block.bottleneck.slice(), count: count, device: device)
      layer.growing.run(from: block.bottleneck.slice(), to: output, count: count, device: device)
    }
  }

  /// `[N, numClasses]`, after a run that classifies.
  func logits() -> Tensor {
    let (images, classes) = (inputShape[0], network.configuration.numClasses)
    var values = [Float](repeating: 0, count: images * classes)
    device.kernels.read(
      logitsMap.slice(), stride: network.head.outputChannels, channels: classes, pixels: images, into: &values, at: 0,
      stride: classes)
    return Tensor(shape: [images, classes], storage: values)
  }

  /// The last map, normalised and rectified, `[N, channels, h, w]`, after a run.
  func activations() -> Tensor {
    let layout = network.maps.last!
    let size = sizes.last!
    let pixels = inputShape[0] * size.area
    let channels = layout.channels
    var values = [Float](repeating: 0, count: pixels * channels)
    var first = 0
    for (slice, count) in layout.slices.enumerated() {
      device.kernels.read(
        maps.last!.slice(at: layout.offset(slice)), stride: layout.paddedChannels, channels: count, pixels: pixels,
        into: &values, at: first, stride: channels)
      first += count
    }
    for p in 0..<pixels {
      for (c, affine) in network.lastNorm.enumerated() {
        values[p * channels + c] = max(values[p * channels + c] * affine.scale + affine.shift, 0)
      }
    }
    return Tensor(shape: [inputShape[0], channels, size.height, size.width], storage: values)
  }
}
