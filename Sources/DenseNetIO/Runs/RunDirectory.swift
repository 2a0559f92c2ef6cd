public import DenseNets
public import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The folder that a training run leaves: `config.json`, `metrics.jsonl`, `summary.json`, `curves.svg` and
/// `model.safetensors`. Every file but the growing `metrics.jsonl` is written whole or not at all.
public struct RunDirectory: Sendable, Equatable {
  public let url: URL

  public var configURL: URL { url.appendingPathComponent("config.json") }
  public var metricsURL: URL { url.appendingPathComponent("metrics.jsonl") }
  public var summaryURL: URL { url.appendingPathComponent("summary.json") }
  public var curvesURL: URL { url.appendingPathComponent("curves.svg") }
  public var weightsURL: URL { url.appendingPathComponent("model.safetensors") }
  /// The weights of the epoch with the best test accuracy.
  public var bestURL: URL { url.appendingPathComponent("best.safetensors") }
  public var checkpointsURL: URL { url.appendingPathComponent("checkpoints") }

  /// Creates the folder, and those above it, or takes one that holds no run, and checks that it can be written.
  ///
  /// Nothing stays behind when this fails, folders included.
  /// - Throws: `Failure(.usage)` when the folder holds a run, `Failure(.inputOutput)` when it cannot be written.
  public init(creating url: URL) throws(Failure) {
    try Self.check(url, created: try Self.createFolders(url))
    self.url = url
  }

  /// Takes a folder that may hold a run, or creates it, and those above it.
  /// - Throws: `Failure(.inputOutput)` when it cannot be written.
  public init(resuming url: URL) throws(Failure) {
    let created = try Self.createFolders(url)
    do { try Self.requireWritable(url) } catch {
      for folder in created.reversed() { rmdir(folder) }
      throw error
    }
    self.url = url
  }

  /// Creates `<parent>/<model>-<dataset>-<yyyyMMdd-HHmmss>`, with `-2`, `-3`, … after it where that name is taken.
  /// - Throws: `Failure(.inputOutput)` when it cannot be written.
  public init(
    creatingFor model: String, dataset: String, in parent: URL = URL(fileURLWithPath: "runs"), date: Date = Date(),
    timeZone: TimeZone = .current
  ) throws(Failure) {
    let name = Self.defaultName(model: model, dataset: dataset, date: date, timeZone: timeZone)
    var candidate = parent.appendingPathComponent(name)
    var attempt = 1
    // Only a folder that this call itself made is taken, so that two runs of the same second do not share one.
    while true {
      let created = try Self.createFolders(candidate)
      if created.last.map({ URL(fileURLWithPath: $0).lastPathComponent }) == candidate.lastPathComponent {
        try Self.check(candidate, created: created)
        break
      }
      attempt += 1
      candidate = parent.appendingPathComponent("\(name)-\(attempt)")
    }
    url = candidate
  }

  /// - Throws: `Failure(.usage)` where the folder holds a run.
  package func requireNoRun() throws(Failure) { try Self.requireNoRun(url) }

  /// Removes the folder if nothing was written into it, for a run that ends before it begins.
  package func removeIfEmpty() {
    rmdir(url.path)
  }
}

// MARK: Writing

extension RunDirectory {
  /// Writes `config.json`, with sorted keys. A number that is not finite becomes a string.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(config: some Encodable) throws(Failure) {
    try writeJSON(config, to: configURL)
  }

  /// Writes `summary.json`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(summary: RunSummary) throws(Failure) {
    try writeJSON(summary, to: summaryURL)
  }

  /// Writes `curves.svg`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(curves svg: String) throws(Failure) {
    try AtomicFile.write(Data(svg.utf8), to: curvesURL)
  }

  /// Writes `model.safetensors`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(weights: WeightsFile) throws(Failure) {
    try weights.write(to: weightsURL)
  }

  /// Writes `best.safetensors`.
  /// - Throws: `Failure(.inputOutput)`.
  public func write(best weights: WeightsFile) throws(Failure) {
    try weights.write(to: bestURL)
  }

  /// Opens `metrics.jsonl` for appending.
  /// - Throws: `Failure(.inputOutput)`.
  public func openMetrics() throws(Failure) -> MetricsLog {
    try MetricsLog(appendingTo: metricsURL)
  }

  private func writeJSON(_ value: some Encodable, to url: URL) throws(Failure) {
    try AtomicFile.write(prettyJSON(value) + Data("\n".utf8), to: url)
  }
}

/// JSON for people: indented, sorted keys, no escaped slashes. A number that is not finite becomes a string.
/// - Throws: `Failure(.internalError)` when the value refuses to be encoded.
package func prettyJSON(_ value: some Encodable) throws(Failure) -> Data {
  try json(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
}

/// JSON for programs: ``prettyJSON(_:)`` on one line.
/// - Throws: `Failure(.internalError)` when the value refuses to be encoded.
package func compactJSON(_ value: some Encodable) throws(Failure) -> Data {
  try json(value, [.sortedKeys, .withoutEscapingSlashes])
}

/// Keys in snake_case.
private func json(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws(Failure) -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = formatting
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  do {
    return try encoder.encode(value)
  } catch {
    throw Failure(.internalError, "cannot encode \(type(of: value)) as JSON: \(error)")
  }
}

// MARK: Creating

extension RunDirectory {
  private static let runFiles = ["config.json", "metrics.jsonl", "summary.json", "model.safetensors"]
  /// What else a run leaves, but for the page and the table of points, which are made from the rest.
  private static let otherFiles = [
    "best.safetensors", "curves.svg", "evaluation.json", "predictions.csv", "folds.csv", "preprocessing.json",
    "submission.csv",
  ]

  /// - Throws: `Failure(.usage)` where an input lies where a run in the folder would write.
  package static func requireNone(of inputs: [String], in folder: String) throws(Failure) {
    let place = URL(fileURLWithPath: folder).absoluteURL.resolvingSymlinksInPath().path
    for input in inputs {
      let url = URL(fileURLWithPath: input).absoluteURL.resolvingSymlinksInPath()
      let name = url.lastPathComponent
      guard (runFiles + otherFiles + ["metrics.csv"]).contains(name), url.deletingLastPathComponent().path == place
      else { continue }
      throw Failure(
        .usage, "\(folder): expected a folder without \(input), which would be replaced; name another",
        settings: ["output"])
    }
  }

  /// Whether a file is there that its folder's run has left, and that nothing makes again.
  static func isOwnFile(_ url: URL) -> Bool {
    let url = url.absoluteURL.resolvingSymlinksInPath()
    let (name, folder) = (url.lastPathComponent, url.deletingLastPathComponent())
    func exists(_ name: String, in folder: URL) -> Bool {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }
    func isRun(_ folder: URL) -> Bool { ["metrics.jsonl", "folds.csv"].contains { exists($0, in: folder) } }
    guard exists(name, in: folder) else { return false }
    if (runFiles + otherFiles).contains(name) || name.hasPrefix("events.out.tfevents.") { return isRun(folder) }
    return folder.lastPathComponent == "checkpoints" && name.hasSuffix(".safetensors")
      && isRun(folder.deletingLastPathComponent())
  }

  static func defaultName(model: String, dataset: String, date: Date, timeZone: TimeZone) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let now = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    func digits(_ number: Int?, _ width: Int) -> String {
      let text = String(number ?? 0)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let day = digits(now.year, 4) + digits(now.month, 2) + digits(now.day, 2)
    let time = digits(now.hour, 2) + digits(now.minute, 2) + digits(now.second, 2)
    return "\(fileName(model))-\(fileName(dataset))-\(day)-\(time)"
  }

  /// A dataset such as `folder:photos/cats` as a part of a file's name.
  private static func fileName(_ text: String) -> String {
    String(text.prefix(60).map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
  }

  /// Returns the paths that were not there before, outermost first.
  private static func createFolders(_ url: URL) throws(Failure) -> [String] {
    var absent: [String] = []
    var ancestor = url.absoluteURL.standardizedFileURL
    while !FileManager.default.fileExists(atPath: ancestor.path), ancestor.pathComponents.count > 1 {
      absent.append(ancestor.path)
      ancestor = ancestor.deletingLastPathComponent()
    }
    var created: [String] = []
    try requireNoDanglingLink(absent.last, url)
    for path in absent.reversed() {
      if mkdir(path, 0o777) == 0 {
        created.append(path)
      } else if errno != EEXIST {
        let code = errno
        for folder in created.reversed() { rmdir(folder) }
        throw systemFailure("be created", url.relativePath, code: code)
      }
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure(
        .inputOutput, "\(url.relativePath): expected a folder, found a file; choose another folder",
        settings: ["output"])
    }
    return created
  }

  /// A link to a folder that is not there can be followed by nobody.
  private static func requireNoDanglingLink(_ path: String?, _ url: URL) throws(Failure) {
    guard let path, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return }
    throw Failure(
      .inputOutput,
      "\(url.relativePath): expected a folder, found a symbolic link to \(printable(target)), which is not there; create that folder, or remove the link",
      settings: ["output"])
  }

  private static func check(_ url: URL, created: [String]) throws(Failure) {
    do {
      try requireNoRun(url)
      try requireWritable(url)
    } catch {
      for folder in created.reversed() { rmdir(folder) }
      throw error
    }
  }

  private static func requireNoRun(_ url: URL) throws(Failure) {
    for name in runFiles
    where FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path) {
      throw Failure(
        .usage, "\(url.relativePath): already holds a run (\(name)); choose another folder", settings: ["output"])
    }
  }

  private static func requireWritable(_ url: URL) throws(Failure) {
    let probe = url.appendingPathComponent(".densenet-write-test.\(getpid())").path
    let descriptor = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw systemFailure("be written", url.relativePath, code: errno) }
    var code = writeAll(Data(count: 4096), to: descriptor)
    if close(descriptor) != 0, code == 0 { code = errno }
    unlink(probe)
    if code != 0 { throw systemFailure("be written", url.relativePath, code: code) }
  }
}
