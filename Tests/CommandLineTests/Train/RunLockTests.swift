import Foundation
import Testing

extension Command {
  /// One writer at a time, and what ends it early.
  @Suite struct RunLocks {
    let sandbox = try! Sandbox()
    private let long = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "500", "--checkpoint-steps", "2"]

    init() throws { try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 6]) }

    /// Starts a long run, and waits until it has written a checkpoint.
    private func started(_ output: String, shell: String? = nil) async throws -> RunningCommand {
      let running = try sandbox.start(long + ["--output", output], shell: shell)
      try #require(try await sandbox.waitForCheckpoint(output, of: running))
      return running
    }

    @Test func aSecondProcessIsRefusedUntilTheFirstHasEnded() async throws {
      let first = try await started("run")
      let resume = ["train", "--resume", "--output", "run", "--quiet"]
      for command in [
        resume, resume + ["--epochs", "600"], resume + ["--from-start"], long + ["--resume", "--output", "run"],
      ] {
        expectFailure(
          try await sandbox.run(command), 74,
          saying: ["run: another process (\(first.process.processIdentifier))", "--output"])
      }
      expectFailure(try await sandbox.run(long + ["--output", "run"]), 64, saying: ["already holds a run"])
      // A look at the run, meanwhile.
      expectSuccess(try await sandbox.run(["report", "run"]))
      // The system frees the lock of a process that is killed, though its file stays.
      kill(first.process.processIdentifier, SIGKILL)
      _ = try await first.outcome()
      expectSuccess(try await sandbox.run(resume + ["--epochs", "\(try begun("run"))"]))
      #expect(sandbox.runNames(in: "run") == runFiles)
    }

    /// The epochs that a run has begun.
    private func begun(_ run: String) throws -> Int {
      let points = try metrics(sandbox.text("\(run)/metrics.jsonl"))
      return Int((points.compactMap { $0["epoch"] as? Double }.max() ?? 1).rounded(.up)) + 1
    }

    @Test func twoNewRunsDoNotShareAFolder() async throws {
      let command = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "2", "--output", "run"]
      let processes = try (0..<4).map { _ in try sandbox.start(command) }
      var statuses: [Int32] = []
      for process in processes {
        let outcome = try await process.outcome()
        statuses.append(outcome.status)
        if outcome.status != 0 { #expect(outcome.errors.contains("run: "), "\(outcome.errors)") }
      }
      #expect(statuses.count { $0 == 0 } == 1 && statuses.allSatisfy { [0, 64, 74].contains($0) }, "\(statuses)")
      let epochs = try metrics(sandbox.text("run/metrics.jsonl")).filter { $0["event"] as? String == "epoch" }
      #expect(epochs.count == 2)
      #expect(sandbox.runNames(in: "run") == runFiles)
    }

    /// What a closed terminal, a batch system and a limit send.
    @Test(arguments: [SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, SIGTERM])
    func aSignalLeavesACheckpoint(_ signal: Int32) async throws {
      let running = try await started("run")
      kill(running.process.processIdentifier, signal)
      let outcome = try await running.outcome()
      #expect(outcome.status == 130, "\(outcome.errors)")
      #expect(outcome.errors.contains("resume with densenet train --resume --output run"))
      #expect(sandbox.names(in: "run")?.contains("report.html") == true)
      let line = try #require(outcome.errorLines.last)
      let step = try #require(line.firstMatch(of: /after step (\d+)/)?.1)
      let digits = String(repeating: "0", count: 8 - step.count) + step
      #expect(sandbox.names(in: "run/checkpoints")?.last == "step-\(digits).safetensors")
    }

    /// A terminal that closes sends SIGHUP more than once, and sometimes SIGTERM with it.
    @Test(arguments: [[SIGHUP, SIGTERM, SIGHUP], [SIGTERM, SIGTERM], [SIGTERM, SIGHUP, SIGTERM]])
    func whatComesTogetherIsOneRequest(_ signals: [Int32]) async throws {
      let running = try await started("run")
      for signal in signals {
        kill(running.process.processIdentifier, signal)
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try await running.outcome().status == 130)
    }

    @Test func anIgnoredSignalStaysIgnored() async throws {
      let running = try await started("run", shell: #"trap '' HUP; exec "$0" "$@""#)
      let before = sandbox.names(in: "run/checkpoints")
      kill(running.process.processIdentifier, SIGHUP)
      #expect(try await wait(seconds: 60) { sandbox.names(in: "run/checkpoints") != before })
      #expect(running.process.isRunning)
      kill(running.process.processIdentifier, SIGTERM)
      #expect(try await running.outcome().status == 130)
    }

    // MARK: Damage

    @Test(arguments: ["damaged", "gone"])
    func aRunWithoutCheckpointsBeginsAgainOnlyWhenAsked(_ damage: String) async throws {
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "3"]
      expectSuccess(try await sandbox.run(run + ["--output", "whole"]))
      expectSuccess(try await sandbox.run(run + ["--output", "run"]))
      try FileManager.default.removeItem(at: sandbox.url("run/summary.json"))
      let names = try #require(sandbox.names(in: "run/checkpoints"))
      for name in names {
        if damage == "gone" {
          try FileManager.default.removeItem(at: sandbox.url("run/checkpoints/\(name)"))
        } else {
          var data = try Data(contentsOf: sandbox.url("run/checkpoints/\(name)"))
          data[data.count / 2] ^= 1
          try data.write(to: sandbox.url("run/checkpoints/\(name)"))
        }
      }
      try FileManager.default.copyItem(at: sandbox.url("run"), to: sandbox.url("before"))
      let resume = ["train", "--resume", "--output", "run", "--quiet"]
      for options in [[], ["--epochs", "5"]] {
        expectFailure(
          try await sandbox.run(resume + options), 65, saying: ["run/checkpoints", "start again", "--from-start"])
      }
      #expect(FileManager.default.contentsEqual(atPath: sandbox.url("run").path, andPath: sandbox.url("before").path))
      expectSuccess(try await sandbox.run(resume + ["--from-start"]))
      #expect(try sandbox.points("run") == sandbox.points("whole"))
      #expect(try sandbox.weights("run") == sandbox.weights("whole"))
      expectFailure(
        try await sandbox.run(run + ["--output", "new", "--from-start"]), 64, saying: ["--from-start", "--resume"])
    }

    /// Checkpoints that were passed over do not outlive those that follow.
    @Test func aRunIsResumedTwiceBehindADamagedCheckpoint() async throws {
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "4", "--keep-checkpoints", "2"]
      expectSuccess(try await sandbox.run(run + ["--output", "whole"]))
      expectSuccess(try await sandbox.run(run + ["--output", "run", "--max-steps", "6", "--checkpoint-steps", "1"]))
      let newest = try #require(sandbox.names(in: "run/checkpoints")?.last)
      try Data("x".utf8).write(to: sandbox.url("run/checkpoints/\(newest)"))
      try FileManager.default.removeItem(at: sandbox.url("run/summary.json"))
      let resume = ["train", "--resume", "--output", "run", "--checkpoint-steps", "1"]
      expectSuccess(try await sandbox.run(resume))
      expectSuccess(try await sandbox.run(resume + ["--max-steps", "1000"]))
      #expect(try sandbox.weights("run") == sandbox.weights("whole"))
    }

    @Test func aLinkToNowhereIsSaidToBeOne() async throws {
      try FileManager.default.createSymbolicLink(atPath: sandbox.url("link").path, withDestinationPath: "nowhere")
      for path in ["link", "link/run"] {
        let outcome = try await sandbox.run(long + ["--output", path])
        expectFailure(outcome, 74, saying: [path, "symbolic link to nowhere", "remove the link"])
      }
      #expect(sandbox.names(in: "nowhere") == nil)
    }
  }
}
