import DenseNetReports

extension MemoryPrediction {
  /// A line for each part, and their sum.
  package func table() -> String {
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
