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

extension DenseNet {
  /// What one step over images of `inputShape`, `[N, C, H, W]`, keeps in memory on a device.
  /// - Throws: ``Failure`` if the network cannot take the shape.
  public func stepMemory(inputShape: [Int], mode: Mode = .training, device: Device = .current) throws -> StepMemory {
    _ = try outputShape(inputShape)
    let plan = try StepPlan(self, inputShape: inputShape, mode: mode, device: device)
    let values = namedState.reduce(0) { $0 + $1.parameter.count }
    return StepMemory(
      parts: plan.arena.parts.map { StepMemory.Part(name: $0.name, bytes: $0.bytes) }, arena: plan.arena.bytes,
      workspace: 4 * plan.workspace, scratch: 4 * plan.scratch, threads: device.threads,
      parameters: 4 * (values + (mode == .training ? parameterCount : 0)))
  }
}
