/// Settings that runs up to version 0.1.0 do not record, taken from the command line that began them.
package struct OldArguments {
  private let values: [String: String]

  /// - Parameter arguments: of a command line that was understood once.
  package init(_ arguments: [String]) {
    let known: Set = ["dataset", "data-dir", "val-share", "split-seed", "threads"]
    var values: [String: String] = [:]
    for (index, argument) in arguments.enumerated() {
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map(String.init)
      guard argument.hasPrefix("--"), let name = parts.first, known.contains(name) else { continue }
      if parts.count == 2 {
        values[name] = parts[1]
      } else if index + 1 < arguments.count {
        values[name] = arguments[index + 1]
      }
    }
    self.values = values
  }

  package var dataset: DatasetChoice {
    var choice = values["dataset"].map { DatasetChoice($0) } ?? DatasetChoice()
    choice.directory = values["data-dir"]
    choice.validationShare = values["val-share"].flatMap(Double.init)
    choice.splitSeed = values["split-seed"].flatMap(UInt64.init) ?? 0
    return choice
  }

  package var threads: Int? { values["threads"].flatMap(Int.init) }
}
