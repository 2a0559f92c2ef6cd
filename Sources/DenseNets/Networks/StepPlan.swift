/// A step's memory: which map lies where in the arena, and what layers borrow.
///
/// Time runs through the forward pass (the stem at 0, block b at 2b, what follows it at 2b + 1, which for the last is the
/// head) and, in training, back again.
struct StepPlan {
  let inputShape: [Int]
  let mode: Mode
  let precision: Precision
  let convolution: ConvolutionChoice
  let memoryEfficient: Bool
  let sizes: [Extent]
  let arena: ArenaPlan
  /// In floats.
  let workspace: Int
  let scratch: Int
  /// The arena's part for what the stem keeps.
  let stem: Int?
  let blocks: [BlockPlaces]

  /// The arena's parts for a block.
  struct BlockPlaces {
    var values: Int
    /// In training.
    var gradients: Int?
    var bottleneck: Bottleneck?
    var unpooled: Unpooled?

    /// For what a transition's convolution writes before a max pool; the last two in training.
    struct Unpooled {
      var values: Int
      var gradients: Int?
      var winners: Int?
    }

    /// For the maps of the layers' bottlenecks.
    struct Bottleneck {
      var values: Int
      /// Bytes from one layer's to the next; 0: they take turns.
      var step: Int
      /// Where one is computed again in the backward pass.
      var later: Int?
      var gradients: Int?
    }
  }

  func isFor(_ inputShape: [Int], _ mode: Mode, _ device: Device, memoryEfficient: Bool) -> Bool {
    self.inputShape == inputShape && self.mode == mode && self.memoryEfficient == memoryEfficient
      && precision == device.precision && convolution == device.convolution
  }

  /// - Throws: ``Failure`` if the network cannot take the shape.
  init(_ net: DenseNet, inputShape: [Int], mode: Mode, device: Device) throws {
    (self.inputShape, self.mode, precision) = (inputShape, mode, device.precision)
    convolution = device.convolution
    memoryEfficient = net.memoryEfficient
    sizes = try net.mapSizes(Extent(inputShape[2], inputShape[3]))
    let images = inputShape[0]
    let training = mode == .training
    let stemMemory = net.stem.memory(
      inputShape: inputShape, outStride: net.blocks[0].map.stride, training: training, memoryEfficient: memoryEfficient,
      device: device)
    var layout = Layout(net, sizes, images: images, training: training, precision)
    blocks = net.blocks.indices.map { layout.addBlock($0, memoryEfficient: net.memoryEfficient) }
    stem = stemMemory.kept.map { layout.add($0.name, bytes: $0.bytes, times: 0...(training ? layout.back(0) + 2 : 0)) }
    arena = ArenaPlan(layout.parts)

    var workspace = stemMemory.workspace
    var scratch = stemMemory.scratch
    for (index, block) in net.blocks.enumerated() {
      var passes = [(fused: net.head, inStride: block.map.stride, outStride: padded(net.configuration.numClasses))]
      if index < net.transitions.count {
        let transition = net.transitions[index]
        let next = transition.convolutionStride(before: net.blocks[index + 1].map.stride)
        passes = [(fused: transition.fused, inStride: block.map.stride, outStride: next)]
      }
      for layer in block.layers {
        let between = layer.bottleneck?.map.stride
        if let (convolution, map) = layer.bottleneck { passes.append((convolution, block.map.stride, map.stride)) }
        passes.append((layer.growing, between ?? block.map.stride, block.map.stride))
      }
      for pass in passes {
        let shape = pass.fused.shape(size: sizes[index], inStride: pass.inStride, outStride: pass.outStride, device)
        workspace = max(workspace, pass.fused.workspace(shape, images: images, training: training))
        scratch = max(scratch, shape.scratchCount(backward: training))
      }
    }
    (self.workspace, self.scratch) = (workspace, scratch)
  }

  /// The parts, as they are found.
  private struct Layout {
    private(set) var parts: [ArenaPlan.Part] = []
    private let net: DenseNet
    private let sizes: [Extent]
    private let images: Int
    private let training: Bool
    private let precision: Precision

    init(_ net: DenseNet, _ sizes: [Extent], images: Int, training: Bool, _ precision: Precision) {
      (self.net, self.sizes, self.images) = (net, sizes, images)
      (self.training, self.precision) = (training, precision)
    }

    /// When a block's gradient is first written: by what followed it; then the block runs back, then what came before it.
    func back(_ block: Int) -> Int { 2 * sizes.count + 2 * (sizes.count - 1 - block) }

    mutating func add(_ name: String, bytes: Int, times: ClosedRange<Int>) -> Int {
      parts.append(ArenaPlan.Part(name, bytes: bytes, times: times))
      return parts.count - 1
    }

    /// - Parameter bytes: of the map.
    private mutating func addUnpooled(_ index: Int, _ bytes: Int) -> BlockPlaces.Unpooled {
      let name = "transition \(index + 1)"
      let (there, back) = (2 * index + 1, back(index))
      var places = BlockPlaces.Unpooled(values: add("\(name), before its pool", bytes: bytes, times: there...there))
      if training {
        let winners = images * sizes[index + 1].area * net.transitions[index].unpooled!.map.stride
        places.winners = add("\(name), winners", bytes: winners, times: there...back)
        places.gradients = add("\(name), gradient before its pool", bytes: bytes, times: back...back)
      }
      return places
    }

    mutating func addBlock(_ index: Int, memoryEfficient: Bool) -> BlockPlaces {
      let block = net.blocks[index]
      let pixelBytes = images * sizes[index].area * precision.bytes
      let name = "block \(index + 1)"
      let back = back(index)
      let bytes = pixelBytes * block.map.stride
      var places = BlockPlaces(
        values: add(name, bytes: bytes, times: max(0, 2 * index - 1)...(training ? back + 2 : 2 * index + 1)))
      if training { places.gradients = add("\(name), gradient", bytes: bytes, times: back...back + 2) }
      if index < net.transitions.count, let unpooled = net.transitions[index].unpooled {
        places.unpooled = addUnpooled(index, pixelBytes * unpooled.map.stride)
      }
      guard let between = block.layers[0].bottleneck?.map else { return places }
      let one = (pixelBytes * between.stride + 63) / 64 * 64
      let keepsEach = training && !memoryEfficient
      places.bottleneck = BlockPlaces.Bottleneck(
        values: keepsEach
          ? add("\(name), bottlenecks", bytes: one * block.layers.count, times: 2 * index...back + 1)
          : add("\(name), bottleneck", bytes: one, times: 2 * index...2 * index),
        step: keepsEach ? one : 0)
      if training {
        if memoryEfficient {
          places.bottleneck?.later = add("\(name), bottleneck again", bytes: one, times: back + 1...back + 1)
        }
        places.bottleneck?.gradients = add("\(name), bottleneck's gradient", bytes: one, times: back + 1...back + 1)
      }
      return places
    }
  }
}
