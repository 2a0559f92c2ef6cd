import DenseNetReports

extension ProfileLine {
  /// By layer and kernel in the order of the step, then by kernel.
  package static func table(_ lines: [ProfileLine]) -> String {
    var table = TextTable(columns: [
      .init("layer", .left), .init("kernel", .left), .init("ms", .right), .init("share", .right),
      .init("GFLOP/s", .right), .init("of peak", .right), .init("MB", .right), .init("GB/s", .right),
    ])
    for line in lines { table.addRow(line.cells) }
    table.addRule()
    for line in totals(lines) { table.addRow(line.cells) }
    return table.rendered()
  }

  private var cells: [String] {
    let computes = gflopsPerSecond > 0
    let moves = megabytes > 0
    return [
      layer, kernel, TextFormat.fixed(milliseconds, decimals: 2), "\(TextFormat.fixed(100 * share, decimals: 1))%",
      computes ? TextFormat.fixed(gflopsPerSecond, decimals: 1) : "",
      computes ? "\(TextFormat.fixed(100 * efficiency, decimals: 0))%" : "",
      moves ? TextFormat.fixed(megabytes, decimals: 1) : "",
      moves ? TextFormat.fixed(gigabytesPerSecond, decimals: 1) : "",
    ]
  }
}
