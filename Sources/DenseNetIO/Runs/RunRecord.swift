public import DenseNets
public import Foundation

/// What a run directory records: settings, results and points.
public struct RunRecord: Sendable {
  /// The folder.
  public let url: URL
  /// All of `config.json`; an empty object where that file is not there.
  public let config: JSONValue
  /// `summary.json`; nil for a run that has not finished.
  public let summary: RunSummary?
  /// `metrics.jsonl`; empty where that file is not there.
  public let metrics: MetricsHistory

  /// The folder's name.
  public var name: String { url.standardizedFileURL.lastPathComponent }

  /// Reads a run directory.
  /// - Throws: `Failure(.missingInput)` where there is no folder, or one that holds no run; `Failure(.invalidData)`
  ///   where a file holds something else.
  public init(contentsOf folder: URL) throws(Failure) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure(.missingInput, "\(folder.relativePath): expected the folder of a run, found none; check the path")
    }
    let run = RunDirectory(at: folder)
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    guard exists(run.metricsURL) || exists(run.summaryURL) else {
      throw Failure(
        .missingInput,
        "\(folder.relativePath): expected a run's metrics.jsonl or summary.json, found neither; name a run's folder")
    }
    url = folder
    config = exists(run.configURL) ? try readJSON(JSONValue.self, from: run.configURL) : .object([:])
    summary = exists(run.summaryURL) ? try readJSON(RunSummary.self, from: run.summaryURL) : nil
    metrics = exists(run.metricsURL) ? try MetricsHistory(contentsOf: run.metricsURL) : MetricsHistory()
  }

  /// The settings that were chosen or that follow from the choice: `config.json` without where, when and on what the
  /// run was made, and without `course` and `choices`, which repeat the rest for
  /// resuming; as pairs of a dotted key and its value, sorted.
  public var settings: [(key: String, value: String)] {
    let circumstances: Set = [
      "machine", "started", "arguments", "resumed_arguments", "working_folder", "version", "course", "choices",
    ]
    guard case .object(let members) = config else { return [] }
    return JSONValue.object(members.filter { !circumstances.contains($0.key) }).flattened
  }
}
