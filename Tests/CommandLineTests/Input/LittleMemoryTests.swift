import Foundation
import Testing

extension Command {
  /// A process that may have little memory, as `ulimit -v` and a cluster's scheduler set it.
  @Suite struct LittleMemory {
    let sandbox = try! Sandbox()

    private func limited(_ kibibytes: Int, _ arguments: [String]) async throws -> Outcome {
      try await sandbox.run(arguments, shell: "ulimit -v \(kibibytes); exec \"$0\" \"$@\"")
    }

    /// Whatever fails, a thread, an allocation or a map: one line that says so, and an end. What the system's loader
    /// refuses (127) is not the program's.
    private func check(_ outcome: Outcome, _ kibibytes: Int) -> Bool {
      if outcome.status == 0 || outcome.status == 127 { return outcome.status == 0 }
      #expect(outcome.status == 74, "\(kibibytes) KiB: \(outcome.errors)")
      // The Swift runtime has a line of its own where an allocation fails.
      let lines = outcome.errorLines.filter { !$0.hasPrefix("Fatal error: failed to allocate") }
      #expect(lines.filter { $0.contains("memory") }.count == 1, "\(kibibytes) KiB: \(outcome.errors)")
      #expect(lines.allSatisfy { $0.hasPrefix("densenet: ") || $0.hasPrefix("writing ") || $0.contains("images") })
      #expect(!outcome.errors.contains("Crash") && !outcome.errors.contains(" at 0x"), "\(outcome.errors)")
      return false
    }

    @Test func trainingEndsInOneLine() async throws {
      var successes: [Bool] = []
      for kibibytes in [100_000, 115_000, 130_000, 145_000, 160_000, 175_000, 200_000, 4_000_000] {
        let outcome = try await limited(kibibytes, oneStep + ["--output", "run\(kibibytes)"])
        successes.append(check(outcome, kibibytes))
      }
      #expect(successes.first == false && successes.last == true)
    }

    @Test func predictionEndsInOneLine() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      try sandbox.add(["a.png": "png/sequential/rgb.png", "b.jpg": "jpeg/grey.jpg"])
      var successes: [Bool] = []
      for kibibytes in [100_000, 120_000, 135_000, 150_000, 4_000_000] {
        let predict = ["predict", "a.png", "b.jpg", "--weights", "run/model.safetensors"]
        successes.append(check(try await limited(kibibytes, predict), kibibytes))
      }
      #expect(successes.first == false && successes.last == true)
    }

    /// Swift's runtime would trap.
    @Test func fewOpenFilesEndInOneLine() async throws {
      for count in 3...8 {
        let outcome = try await sandbox.run(
          oneStep + ["--output", "run\(count)"], shell: "ulimit -n \(count); exec \"$0\" \"$@\"")
        // What the system's loader refuses is not the program's.
        if outcome.status == 127 { continue }
        #expect(outcome.status == 74 && outcome.errorLines.count == 1, "\(count): \(outcome.errors)")
        #expect(outcome.errors.contains("open files"), "\(count): \(outcome.errors)")
      }
    }

    @Test func aBatchIsComparedWithWhatTheProcessMayHave() async throws {
      let outcome = try await limited(
        1_000_000, ["train", "--dataset", "fashion-mnist-sample", "--model", "densenet121", "--resize", "512"])
      expectFailure(outcome, 74, saying: ["need at least", "this process may have", "--batch-size"])
    }
  }
}
