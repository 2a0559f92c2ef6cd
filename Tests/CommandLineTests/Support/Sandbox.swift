import Foundation
import Testing

/// The command's tests, one process at a time: each uses all cores already.
@Suite(.serialized) enum Command {}

/// What a process came to.
struct Outcome {
  /// 128 and the signal's number, where a signal ended the process.
  let status: Int32
  let output: String
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
}

/// A folder of its own to run the command in, with no network, no cache and no home. It goes away with this object.
final class Sandbox: Sendable {
  let folder: URL

  init() throws {
    let name = "densenet command \(UUID().uuidString)"
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(name, isDirectory: true)
    for path in ["", "home", "logs"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(path), withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func url(_ path: String) -> URL { folder.appendingPathComponent(path) }

  /// The names in a folder, hidden ones too, sorted; nil where there is no folder.
  func names(in path: String) -> [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: url(path).path).sorted()
  }

  /// The names in a run's folder, with one for all of TensorBoard's files.
  func runNames(in path: String) -> [String]? {
    names(in: path).map { names in
      Set(names.map { $0.hasPrefix("events.out.tfevents.") ? "events" : $0 }).sorted()
    }
  }

  func text(_ path: String) throws -> String { String(decoding: try Data(contentsOf: url(path)), as: UTF8.self) }

  func json(_ path: String) throws -> [String: Any] { try object(text(path)) }

  /// Starts the command in the sandbox.
  /// - Parameters:
  ///   - environment: on top of a bare one.
  ///   - shell: a script that starts it as `"$0" "$@"`; without one, it is started directly.
  ///   - errors: where standard error goes instead of into ``Outcome/errors``.
  func start(
    _ arguments: [String], environment: [String: String] = [:], shell: String? = nil, errors: FileHandle? = nil
  ) throws -> RunningCommand {
    let process = Process()
    let program = try Program.url()
    process.executableURL = shell == nil ? program : URL(fileURLWithPath: "/bin/sh")
    process.arguments = shell.map { ["-c", $0, program.path] + arguments } ?? arguments
    process.currentDirectoryURL = folder
    process.environment = bareEnvironment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let logs = (url("logs/\(UUID().uuidString).out"), url("logs/\(UUID().uuidString).err"))
    for log in [logs.0, logs.1] { try Data().write(to: log) }
    process.standardOutput = try FileHandle(forWritingTo: logs.0)
    process.standardError = try errors ?? FileHandle(forWritingTo: logs.1)
    try process.run()
    return RunningCommand(process: process, output: logs.0, errors: logs.1)
  }

  func run(
    _ arguments: [String], environment: [String: String] = [:], shell: String? = nil, errors: FileHandle? = nil
  ) async throws -> Outcome {
    try await start(arguments, environment: environment, shell: shell, errors: errors).outcome()
  }

  private var bareEnvironment: [String: String] {
    // Nothing listens on port 1, so that a machine with a network behaves as one without.
    let proxies = ["http_proxy", "https_proxy", "all_proxy"].map { ($0, "http://127.0.0.1:1") }
    var environment = Dictionary(uniqueKeysWithValues: proxies)
    environment["HOME"] = url("home").path
    for name in ["PATH", "LD_LIBRARY_PATH", "TMPDIR"] { environment[name] = ProcessInfo.processInfo.environment[name] }
    return environment
  }
}

struct RunningCommand {
  let process: Process
  let output: URL
  let errors: URL

  /// Waits for the end, for two minutes at most.
  func outcome() async throws -> Outcome {
    let isDone = try await wait(seconds: 120) { !process.isRunning }
    if !isDone {
      kill(process.processIdentifier, SIGKILL)
      Issue.record("\(process.arguments ?? []) did not end within two minutes")
    }
    process.waitUntilExit()
    let code = process.terminationStatus
    return Outcome(
      status: process.terminationReason == .exit ? code : 128 + code,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}

/// Asks until the answer is yes. Answers whether it ever was.
func wait(seconds: Double, until isDone: () throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if try isDone() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return try isDone()
}

func object(_ json: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any], "not a JSON object: \(json)")
}

/// Where the build put the command: beside the bundle of these tests.
enum Program {
  struct NotFound: Error, CustomStringConvertible {
    let description: String
  }

  static func url() throws -> URL {
    let starts = [Bundle.main.executablePath].compactMap { $0 } + CommandLine.arguments
    for start in starts where start.hasPrefix("/") {
      var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath()
      for _ in 0..<4 {
        folder.deleteLastPathComponent()
        let candidate = folder.appendingPathComponent("densenet")
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
          return candidate
        }
      }
    }
    throw NotFound(description: "no densenet near \(starts)")
  }
}
