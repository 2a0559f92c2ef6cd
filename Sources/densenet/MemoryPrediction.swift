import DenseNetReports
import DenseNets

/// The peak memory of training steps on one batch, before any is made.
struct MemoryPrediction: Encodable {
  struct Part: Encodable {
    let name: String
    let bytes: Int
  }

  /// Of the arena, whose parts may share memory at different times.
  let parts: [Part]
  let arenaBytes: Int
  let workspaceBytes: Int
  /// Of all threads.
  let scratchBytes: Int
  let parameterBytes: Int
  /// The momentum that `bench train` gives networks other than the chapter's.
  let momentumBytes: Int
  let batchBytes: Int
  let programBytes: Int
  let peakMemoryBytes: Int

  /// Code, libraries and what the Swift runtime keeps: the resident set of a step that needs next to nothing else.
  private static let program = 32 << 20

  /// - Parameter inputShape: `[N, C, H, W]`.
  init(_ net: DenseNet, inputShape: [Int], device: Device) throws {
    let step = try net.stepMemory(inputShape: inputShape, device: device)
    parts = step.parts.map { Part(name: $0.name, bytes: $0.bytes) }
    arenaBytes = step.arena
    workspaceBytes = step.workspace
    scratchBytes = step.scratch * step.threads
    parameterBytes = step.parameters
    momentumBytes = net.configuration.naming == .chapter ? 0 : 4 * net.parameterCount
    batchBytes = 4 * inputShape.reduce(1, *)
    programBytes = Self.program
    peakMemoryBytes = step.total + momentumBytes + batchBytes + programBytes
  }

  func table() -> String {
    var table = TextTable(columns: [
      .init("memory of a training step", .left), .init("bytes", .right), .init("", .right),
    ])
    func add(_ name: String, _ bytes: Int) {
      table.addRow([name, TextFormat.thousands(bytes), TextFormat.bytes(bytes)])
    }
    for part in parts { add("  \(part.name)", part.bytes) }
    table.addRule()
    add("maps and gradients, sharing what they can", arenaBytes)
    add("borrowed by one layer at a time", workspaceBytes)
    add("of threads", scratchBytes)
    add("parameters, their gradients, buffers", parameterBytes)
    if momentumBytes > 0 { add("momentum, as in bench train", momentumBytes) }
    add("batch", batchBytes)
    add("program and libraries", programBytes)
    table.addRule()
    add("predicted peak", peakMemoryBytes)
    return table.rendered()
  }
}
