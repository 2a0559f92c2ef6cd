/// What a step of a network keeps in memory, in bytes: all of it is laid out before the first step, and used again by
/// every step.
public struct StepMemory: Sendable {
  /// A map, its gradient or the stem's winners.
  public struct Part: Sendable {
    public let name: String
    public let bytes: Int
  }

  /// The parts of the arena. Those that are never needed together share memory, so their sum may exceed ``arena``.
  public let parts: [Part]
  /// Maps, gradients and winners, sharing what they can.
  public let arena: Int
  /// What a pass of one layer borrows: packed weights, partial sums, moments.
  public let workspace: Int
  /// Each thread's own.
  public let scratch: Int
  public let threads: Int
  /// Parameters and buffers, in training with their gradients.
  public let parameters: Int

  /// All of it.
  public var total: Int { arena + workspace + scratch * threads + parameters }
}

/// The arena's memory, cut by a plan.
final class Arena {
  private var buffer = Buffer<UInt8>(0)
  private var parts: [Buffer<UInt8>] = []
  private var plan = ArenaPlan([])

  /// Takes a new plan; memory grows where it must.
  func adopt(_ plan: ArenaPlan) {
    self.plan = plan
    if exactMemory {
      parts = plan.parts.map { Buffer($0.bytes) }
    } else if buffer.count < plan.bytes {
      buffer = Buffer(plan.bytes)
    }
  }

  private func place(_ part: Int) -> (buffer: Buffer<UInt8>, start: Int) {
    exactMemory ? (parts[part], 0) : (buffer, plan.parts[part].start)
  }

  func map(_ part: Int, count: Int, _ precision: Precision) -> MapMemory {
    let (buffer, start) = place(part)
    return MapMemory(buffer, start: start, count: count, precision)
  }

  func bytes(_ part: Int) -> Bytes {
    let (buffer, start) = place(part)
    return Bytes(buffer, at: start)
  }
}

extension DenseNet {
  /// What one step over images of `inputShape`, `[N, C, H, W]`, keeps in memory on a device.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func stepMemory(inputShape: [Int], mode: Mode = .training, device: Device = .current) throws -> StepMemory {
    _ = try outputShape(inputShape)
    let plan = try StepPlan(self, inputShape: inputShape, mode: mode, device: device)
    let values = namedState.reduce(0) { $0 + $1.parameter.value.count }
    return StepMemory(
      parts: plan.arena.parts.map { StepMemory.Part(name: $0.name, bytes: $0.bytes) }, arena: plan.arena.bytes,
      workspace: 4 * plan.workspace, scratch: 4 * plan.scratch, threads: device.threads,
      parameters: 4 * (values + (mode == .training ? parameterCount : 0)))
  }
}

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

  /// The arena's parts, in this order: the blocks' values; in training their gradients and, where kept, the winners.
  func values(_ block: Int) -> Int { block }
  func gradients(_ block: Int) -> Int { sizes.count + block }
  var winners: Int? { mode == .training && !memoryEfficient ? 2 * sizes.count : nil }

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
    let count = sizes.count
    // When a block's gradient is first written: by what followed it; then the block runs back, then what came before it.
    func back(_ block: Int) -> Int { 2 * count + 2 * (count - 1 - block) }
    let bytes = zip(net.blocks, sizes).map { images * $1.area * $0.map.stride * device.precision.bytes }
    var parts = (0..<count).map {
      ArenaPlan.Part(
        "block \($0 + 1)", bytes: bytes[$0], times: max(0, 2 * $0 - 1)...(training ? back($0) + 2 : 2 * $0 + 1))
    }
    let stem = net.stem.shape(
      height: inputShape[2], width: inputShape[3], outStride: net.blocks[0].map.stride)
    if training {
      parts += (0..<count).map {
        ArenaPlan.Part("block \($0 + 1), gradient", bytes: bytes[$0], times: back($0)...back($0) + 2)
      }
      if !memoryEfficient {
        parts.append(ArenaPlan.Part("stem, winners", bytes: images * stem.pooledCount, times: 0...back(0) + 2))
      }
    }
    arena = ArenaPlan(parts)

    var workspace = net.stem.workspace(stem, images: images, training: training)
    var scratch = net.stem.scratchCount(stem, keepsWinners: !(training && memoryEfficient))
    for (index, block) in net.blocks.enumerated() {
      let next = index + 1 < count ? net.blocks[index + 1].map.stride : padded(net.configuration.numClasses)
      let joint = index < net.transitions.count ? net.transitions[index].fused : net.head
      for (fused, stride) in block.fused.map({ ($0, block.map.stride) }) + [(joint, next)] {
        let shape = fused.shape(size: sizes[index], inStride: block.map.stride, outStride: stride, device)
        workspace = max(workspace, fused.workspace(shape, images: images, training: training))
        scratch = max(scratch, shape.scratchCount(backward: training))
      }
    }
    (self.workspace, self.scratch) = (workspace, scratch)
  }
}
