public import DenseNets

/// The peak memory of training steps on one batch, before any is made, in bytes.
public struct MemoryPrediction: Sendable, Encodable {
  /// A kind of map.
  public struct Part: Sendable, Encodable {
    public let name: String
    public let bytes: Int
  }

  /// Of the arena, whose parts may share memory at different times.
  public let parts: [Part]
  public let arenaBytes: Int
  public let workspaceBytes: Int
  /// Of all threads.
  public let scratchBytes: Int
  public let parameterBytes: Int
  /// The momentum that training with a recipe gives networks other than the chapter's.
  public let momentumBytes: Int
  public let batchBytes: Int
  public let programBytes: Int
  /// The sum.
  public let peakMemoryBytes: Int

  /// The code and the buffers that a step needs beside what a program has at its start.
  private static let stepCode = 4 << 20
  /// Code, libraries and what the Swift runtime keeps, where they have not been measured.
  private static let program = 32 << 20

  /// - Parameters:
  ///   - inputShape: `[N, C, H, W]`.
  ///   - resident: the resident set of a program at its start, which depends on what it was built with; 0: not known.
  public init(_ net: DenseNet, inputShape: [Int], device: Device, resident: Int = 0) throws {
    let step = try net.stepMemory(inputShape: inputShape, device: device)
    parts = step.parts.map { Part(name: $0.name, bytes: $0.bytes) }
    arenaBytes = step.arena
    workspaceBytes = step.workspace
    scratchBytes = step.scratch * step.threads
    parameterBytes = step.parameters
    momentumBytes = net.configuration.naming == .chapter ? 0 : 4 * net.parameterCount
    batchBytes = 4 * inputShape.reduce(1, *)
    programBytes = resident > 0 ? resident + Self.stepCode : Self.program
    peakMemoryBytes = step.total + momentumBytes + batchBytes + programBytes
  }
}
