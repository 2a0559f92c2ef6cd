import Foundation
import Testing

/// A run that an old version of the program left, and what resuming it must give; `Tests/Fixtures/README.md` says more.
struct OldRun: CustomTestStringConvertible, Sendable {
  let name: String
  /// A run is resumed on the instruction set that it began on.
  let instructionSet: String

  var testDescription: String { "\(name) on \(instructionSet)" }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../Fixtures/runs").standardizedFileURL
  static let inputs = folder.appending(path: "inputs")

  /// All but the finished one, on every instruction set that there is a fixture of.
  static let unfinished: [OldRun] = runs.filter { $0.name != "finished" }
  static let finished = OldRun(name: "finished", instructionSet: "generic")

  private static let runs: [OldRun] = names(in: folder).flatMap { name in
    names(in: folder.appending(path: name)).filter { name != "inputs" && !$0.hasPrefix(".") }
      .map { OldRun(name: name, instructionSet: $0) }
  }

  private static func names(in folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  private var place: URL { Self.folder.appending(path: "\(name)/\(instructionSet)") }
  var run: URL { place.appending(path: "run") }

  /// What the old version itself came to.
  func expected() throws -> [String: Any] {
    try object(String(decoding: Data(contentsOf: place.appending(path: "expected.json")), as: UTF8.self))
  }

  /// The words that began the run.
  func arguments() throws -> [String] {
    let config = try object(String(decoding: Data(contentsOf: run.appending(path: "config.json")), as: UTF8.self))
    return try #require(config["arguments"] as? [String])
  }
}

/// How a run is named for resuming it.
enum Resumption: CaseIterable {
  case byItsFolder, byAllOptions
}

extension Command {
  @Suite struct OldRuns {
    let sandbox = try! Sandbox()

    /// Copies a run into the sandbox, with what it was trained on.
    private func place(_ old: OldRun) throws {
      try FileManager.default.copyItem(at: old.run, to: sandbox.url("run"))
      for name in ["pictures", "start.safetensors"] {
        try FileManager.default.copyItem(at: OldRun.inputs.appending(path: name), to: sandbox.url(name))
      }
    }

    /// Cancels the test where the machine lacks an instruction set: then the program refuses before it looks for weights.
    private func requireInstructionSet(_ old: OldRun, _ environment: [String: String]) async throws {
      let outcome = try await sandbox.run(
        ["predict", "image.png", "--weights", "none.safetensors"], environment: environment)
      if outcome.status == 64 { try Test.cancel("this machine does not have \(old.instructionSet)") }
      #expect(outcome.status == 66, "\(outcome.errors)")
    }

    @Test(arguments: OldRun.unfinished, Resumption.allCases)
    func anOldRunIsResumedToTheSameBits(_ old: OldRun, _ resumption: Resumption) async throws {
      let environment = ["DENSENET_ISA": old.instructionSet]
      try await requireInstructionSet(old, environment)
      try place(old)
      let checkpoint = try #require(sandbox.names(in: "run/checkpoints")?.first)
      let step = try #require(Int(checkpoint.filter(\.isNumber)))
      let options = resumption == .byAllOptions ? try old.arguments() : ["train", "--output", "run"]
      let outcome = try await sandbox.run(options + ["--resume"], environment: environment)
      expectSuccess(outcome)
      #expect(outcome.errors.contains("checkpoint of step \(step)\n"), "\(outcome.errors)")
      #expect(sandbox.runNames(in: "run") == runFiles)
      try requireResult(old)
    }

    @Test func anOldRunThatIsCompleteIsLeftAlone() async throws {
      let old = OldRun.finished
      try place(old)
      for options in try [["train", "--output", "run"], old.arguments()] {
        let outcome = try await sandbox.run(
          options + ["--resume", "--json"], environment: ["DENSENET_ISA": old.instructionSet])
        expectSuccess(outcome)
        #expect(outcome.errors.contains("complete"), "\(outcome.errors)")
        #expect(NSDictionary(dictionary: try object(outcome.output)).isEqual(to: try sandbox.json("run/summary.json")))
      }
      #expect(FileManager.default.contentsEqual(atPath: old.run.path, andPath: sandbox.url("run").path))
    }

    @Test func thereAreRunsOfEveryKind() {
      let kinds = ["adam-in-order", "adamw", "best", "bf16", "fine-tuned", "pictures", "plain"]
      for set in ["generic", "avx2"] {
        #expect(OldRun.unfinished.filter { $0.instructionSet == set }.map(\.name) == kinds)
      }
    }

    /// Compares points, then weights, with those that the old version came to.
    private func requireResult(_ old: OldRun) throws {
      let expected = try old.expected()
      let points = try metrics(sandbox.text("run/metrics.jsonl")).map { point in
        point.filter { !["seconds", "examples_per_second", "waiting_share"].contains($0.key) }
      }
      let expectedPoints = try #require(expected["metrics"] as? [[String: Any]])
      #expect(points.count == expectedPoints.count)
      // Sums of other machines are rounded otherwise.
      #if arch(x86_64)
        let different = zip(points, expectedPoints).first { !NSDictionary(dictionary: $0).isEqual(to: $1) }
        #expect(different == nil, "the first point that is another one")
        for name in ["model.safetensors", "best.safetensors"] {
          let digest = sha256(try Data(contentsOf: sandbox.url("run/\(name)")))
          #expect(digest == expected[name] as? String, "\(name)")
        }
      #endif
    }
  }
}
