import Foundation
import Testing

extension Command {
  @Suite struct RunFolder {
    let sandbox = try! Sandbox()

    @Test func hasAName() async throws {
      for _ in 0..<2 { expectSuccess(try await sandbox.run(oneStep)) }
      let names = try #require(sandbox.names(in: "runs"))
      #expect(names.count == 2)
      for name in names {
        #expect(name.wholeMatch(of: /d2l-fashion-mnist-sample-\d{8}-\d{6}(-2)?/) != nil)
        #expect(sandbox.runNames(in: "runs/\(name)") == runFiles)
      }
    }

    @Test(arguments: ["run", "run/", "./a/b c/ü 日本", "-dash", "a/../run", "ABSOLUTE"])
    func isMadeWhereAskedFor(_ path: String) async throws {
      let path = path == "ABSOLUTE" ? sandbox.url("run").path : path
      let options = ["--output=\(path)"]
      try FileManager.default.createDirectory(at: sandbox.url("a"), withIntermediateDirectories: true)
      expectSuccess(try await sandbox.run(oneStep + options))
      let place = path.hasPrefix("/") ? "run" : path
      #expect(sandbox.runNames(in: place) == runFiles)

      let before = try sandbox.text("\(place)/config.json")
      let name = try #require(path.split(separator: "/").last.map(String.init))
      expectFailure(try await sandbox.run(tinyRun + options), 64, saying: [name, "already holds a run", "--output"])
      #expect(try sandbox.text("\(place)/config.json") == before)
    }

    @Test func followsALinkAndTakesAnEmptyFolder() async throws {
      try FileManager.default.createDirectory(at: sandbox.url("real"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: sandbox.url("link").path, withDestinationPath: "real")
      expectSuccess(try await sandbox.run(oneStep + ["--output", "link"]))
      #expect(sandbox.runNames(in: "real") == runFiles)
    }

    @Test(arguments: ["file", "file/below/it", "/proc/densenet-run", "/dev/null"])
    func wantsAPlaceThatCanBeWritten(_ path: String) async throws {
      try Data("mine".utf8).write(to: sandbox.url("file"))
      expectFailure(try await sandbox.run(tinyRun + ["--output", path]), 74, saying: [path])
      #expect(try sandbox.text("file") == "mine")
      #expect(sandbox.names(in: "") == ["file", "home", "logs"])
    }

    @Test(.enabled(if: getuid() != 0)) func wantsPermission() async throws {
      let folder = sandbox.url("closed")
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
      for path in ["closed", "closed/run"] {
        expectFailure(try await sandbox.run(tinyRun + ["--output", path]), 74, saying: [path, "permission"])
      }
      #expect(sandbox.names(in: "closed") == [])
    }

    @Test func keepsWhatADiskTakes() async throws {
      // A file may have 200 blocks of half a KiB or of one: enough for all but the weights.
      let outcome = try await sandbox.run(
        oneStep + ["--output", "run"], shell: "ulimit -f 200; exec \"$0\" \"$@\"")
      #expect(outcome.status == 74 && outcome.output == "")
      #expect(outcome.errorLines.last?.contains("run/model.safetensors: cannot be written") == true)
      #expect(sandbox.runNames(in: "run") == ["checkpoints", "config.json", "curves.svg", "events", "metrics.jsonl"])
      #expect(sandbox.names(in: "run/checkpoints") == [])
      #expect(outcome.errors.contains("training continues"))
    }

    @Test func keepsWhatADivergingRunWrote() async throws {
      for (name, options, step) in [("later", [], "step 2"), ("last", ["--max-steps", "1"], "step 1")] {
        let outcome = try await sandbox.run(tinyRun + ["--lr", "1e20", "--output", name] + options)
        #expect(outcome.status == 65 && outcome.output == "")
        let line = try #require(outcome.errorLines.last)
        for part in ["densenet: ", step, "diverged", "smaller learning rate", " \(name)"] {
          #expect(line.contains(part), "\(line)")
        }
        let files = try #require(sandbox.runNames(in: name))
        #expect(files.contains("metrics.jsonl") && files.contains("curves.svg") && !files.contains("summary.json"))
        #expect(!files.contains("model.safetensors") && !files.contains("best.safetensors"))
        #expect(try metrics(sandbox.text("\(name)/metrics.jsonl")).first?["step"] as? Int == 1)
        _ = try sandbox.json("\(name)/config.json")
      }
      // Its checkpoint, whose test loss is no number, is read.
      let again = try await sandbox.run(["train", "--resume", "--output", "last"])
      #expect(again.status == 65 && again.errors.contains("resuming from the checkpoint of step 1"), "\(again.errors)")
    }

    @Test(arguments: [
      ["--checkpoint-minutes", "3e18"],
      ["--max-steps", "2147483648", "--batch-size", "2147483648", "--accumulate", "2"],
    ])
    func hugeNumbersAreNoMatter(_ options: [String]) async throws {
      expectSuccess(try await sandbox.run(tinyRun + options + ["--output", "run"]))
    }
  }
}
