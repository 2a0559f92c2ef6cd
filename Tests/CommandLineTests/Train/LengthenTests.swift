import Foundation
import Testing

extension Command {
  /// More epochs, updates or patience for a run.
  @Suite struct Lengthen {
    let sandbox = try! Sandbox()
    private let data = ["--dataset", "folder:photos", "--momentum", "0.9", "--flip", "--drop-rate", "0.1"]

    init() throws { try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 6]) }

    private func train(_ output: String, _ options: [String]) async throws -> Outcome {
      try await sandbox.run(tinyPhotoRun + data + ["--output", output] + options)
    }

    private func resume(_ output: String, _ options: [String]) async throws -> Outcome {
      try await sandbox.run(["train", "--resume", "--output", output] + options)
    }

    private func expectSame(_ run: String, _ other: String) throws {
      #expect(try sandbox.points(run) == sandbox.points(other))
      for name in ["model", "best"] { #expect(try sandbox.weights(run, name) == sandbox.weights(other, name)) }
      let (a, b) = (try sandbox.json("\(run)/summary.json"), try sandbox.json("\(other)/summary.json"))
      for key in ["epochs", "steps", "test_accuracy", "best_epoch", "test_loss"] {
        #expect("\(a[key] ?? "")" == "\(b[key] ?? "")", "\(key)")
      }
    }

    /// A rate that does not depend on the number of epochs: the run is the long one, to the bit.
    @Test(arguments: [
      ["--ema", "0.9"], ["--schedule", "step", "--milestones", "1,3"],
      ["--optimizer", "adamw", "--warmup-epochs", "1"],
      ["--accumulate", "2", "--class-weights", "balanced", "--patience", "9"],
    ])
    func aLongerRunIsTheRunThatWasLongFromTheStart(_ options: [String]) async throws {
      expectSuccess(try await train("long", options + ["--epochs", "4"]))
      expectSuccess(try await train("short", options + ["--epochs", "2"]))
      let outcome = try await resume("short", ["--epochs", "4"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("4 epochs instead of 2"), "\(outcome.errors)")
      #expect(outcome.errors.contains("without a second warm-up"))
      try expectSame("short", "long")
      let config = try sandbox.json("short/config.json")
      #expect(config["epochs"] as? Int == 4)
      #expect((config["plan_changes"] as? [String])?.count == 1)
      // The page has the command that began it, and the one that made it longer.
      let page = try sandbox.text("short/report.html")
      let commands = page.matches(of: #/<th scope="row">(command|resumed by)</th><td>densenet (.+?)</td>/#)
      #expect(commands.map { String($0.1) } == ["command", "resumed by"])
      #expect(commands.first?.2.hasSuffix("--epochs 2") == true)
      #expect(commands.last?.2 == "train --resume --output short --epochs 4")
      // From now on it is a run of 4 epochs.
      let again = try await resume("short", [])
      expectSuccess(again)
      #expect(again.errors.contains("complete"))
    }

    /// By the number of updates, in the midst of an epoch; and of a run that was interrupted.
    @Test func aRunThatWasCutIsContinued() async throws {
      expectSuccess(try await train("long", ["--epochs", "4"]))
      expectSuccess(try await train("cut", ["--epochs", "4", "--max-steps", "5"]))
      expectSuccess(try await resume("cut", ["--max-steps", "1000"]))
      #expect(try sandbox.points("cut") == sandbox.points("long"))
      #expect(try sandbox.weights("cut") == sandbox.weights("long"))

      expectSuccess(try await train("stopped", ["--epochs", "3", "--max-steps", "4", "--checkpoint-steps", "1"]))
      for name in ["summary.json", "report.html"] {
        try FileManager.default.removeItem(at: sandbox.url("stopped/\(name)"))
      }
      expectSuccess(try await resume("stopped", ["--max-steps", "1000", "--epochs", "4"]))
      #expect(try sandbox.weights("stopped") == sandbox.weights("long"))
    }

    /// The rate is that of the longer plan, from the place where the run is.
    @Test func aCosineFollowsTheLongerPlan() async throws {
      let options = ["--schedule", "cosine", "--warmup-epochs", "1"]
      expectSuccess(try await train("long", options + ["--epochs", "4"]))
      expectSuccess(try await train("short", options + ["--epochs", "2"]))
      let outcome = try await resume("short", ["--epochs", "4"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("the first 2 were trained by another plan"), "\(outcome.errors)")
      func rates(_ run: String) throws -> [Double] {
        try metrics(sandbox.text("\(run)/metrics.jsonl")).filter { ($0["epoch"] as? Double ?? 0) > 2 }
          .compactMap { $0["learning_rate"] as? Double }
      }
      #expect(try rates("short") == rates("long") && rates("short").count >= 4)
      #expect(try sandbox.weights("short") != sandbox.weights("long"))
    }

    @Test func anotherRateAndWhatIsRefused() async throws {
      expectSuccess(try await train("run", ["--epochs", "3"]))
      let before = try sandbox.text("run/summary.json")
      expectFailure(
        try await resume("run", ["--epochs", "2"]), 64, saying: ["expected at least 3", "found 2", "--epochs"])
      expectFailure(
        try await resume("run", ["--lr", "0.2"]), 65, saying: ["recipe.lr", "--resume --output run"])
      expectFailure(
        try await resume("run", ["--epochs", "4", "--momentum", "0.5"]), 65, saying: ["recipe.momentum"])
      #expect(try sandbox.text("run/summary.json") == before)
      // A folder without a run: no other dataset is looked for.
      expectFailure(try await resume("typo", ["--epochs", "4"]), 66, saying: ["typo", "expected the folder of a run"])

      expectSuccess(try await resume("run", ["--epochs", "4", "--lr", "0.01"]))
      let points = try metrics(sandbox.text("run/metrics.jsonl")).filter { $0["event"] as? String == "train" }
      #expect(points.last?["learning_rate"] as? Double == 0.01)
      #expect(points.first?["learning_rate"] as? Double == 0.1)
      #expect(try sandbox.json("run/config.json")["lr"] as? Double == 0.01)
    }

    @Test func aRunThatItsPatienceEndedNeedsMore() async throws {
      // A rate of next to nothing: nothing gets better.
      expectSuccess(try await train("run", ["--epochs", "9", "--patience", "2", "--lr", "1e-30"]))
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == 9)
      expectFailure(try await resume("run", ["--epochs", "12"]), 64, saying: ["patience", "--patience"])
      expectSuccess(try await resume("run", ["--patience", "4"]))
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == 15)
    }

    /// From another folder, by relative paths and by absolute ones.
    @Test func theRunsOwnSettingsAreTheBase() async throws {
      expectSuccess(try await train("run", ["--epochs", "1"]))
      func resumeElsewhere(_ options: [String]) async throws -> Outcome {
        try await sandbox.run(
          ["train", "--resume", "--output", "../run"] + options,
          shell: #"mkdir -p elsewhere && cd elsewhere && exec "$0" "$@""#)
      }
      expectSuccess(try await resumeElsewhere(["--epochs", "2"]))
      #expect(try sandbox.json("run/summary.json")["epochs"] as? Int == 2)
      #expect(try sandbox.predictedFiles("run").allSatisfy { $0.hasPrefix("photos/") })
      expectSuccess(try await resumeElsewhere(["--epochs", "3", "--dataset", "folder:../photos"]))
      expectSuccess(
        try await resumeElsewhere(["--epochs", "4", "--dataset", "folder:\(sandbox.url("photos").path)"]))
      #expect(try sandbox.json("run/summary.json")["epochs"] as? Int == 4)
    }

    /// A cosine ends at the same rate under another peak, as in a run that is begun with both.
    @Test func aCosineKeepsItsLowestRate() async throws {
      let options = ["--schedule", "cosine", "--min-lr", "0.01"]
      expectSuccess(try await train("fresh", options + ["--lr", "0.05", "--epochs", "4"]))
      for (run, given) in [("run", []), ("told", ["--min-lr", "0.01", "--schedule", "cosine"])] {
        expectSuccess(try await train(run, options + ["--lr", "0.1", "--epochs", "2"]))
        expectSuccess(try await resume(run, given + ["--lr", "0.05", "--epochs", "4"]))
        func lastRate(_ run: String) throws -> Double {
          try #require(
            metrics(sandbox.text("\(run)/metrics.jsonl")).last { $0["learning_rate"] != nil }?["learning_rate"]
              as? Double)
        }
        // By PyTorch's formula: updates 0 to 11 of 12, 3 an epoch.
        let expected = 0.01 + (0.05 - 0.01) * (1 + cos(Double.pi * 11 / 12)) / 2
        for name in [run, "fresh"] { #expect(abs(try lastRate(name) - expected) < 1e-15, "\(name)") }
        // From now on that is the run's.
        let again = try await resume(run, ["--lr", "0.05", "--min-lr", "0.01", "--epochs", "4"])
        expectSuccess(again)
        #expect(again.errors.contains("complete"), "\(again.errors)")
      }
      expectFailure(
        try await resume("run", ["--epochs", "5", "--min-lr", "0.02"]), 65, saying: ["cosine.minimum", "--min-lr"])
      expectFailure(
        try await resume("run", ["--epochs", "5", "--lr", "0.001"]), 64, saying: ["--min-lr, --lr"])
    }

    /// Schedule and other settings that are the run's own may be given.
    @Test(arguments: [
      ["--schedule", "step", "--milestones", "1,3", "--lr-factor", "0.3", "--warmup-epochs", "0.5"],
      ["--schedule", "one-cycle", "--one-cycle-rise", "0.4", "--momentum", "0.8"],
      ["--schedule", "cosine", "--min-lr", "0.003", "--lr", "0.07", "--warmup-epochs", "1", "--warmup-start", "0.3"],
      ["--recipe", "fast", "--lr", "0.03", "--no-nesterov"],
    ])
    func theRunsOwnSettingsMayBeGiven(_ options: [String]) async throws {
      expectSuccess(try await train("run", options + ["--epochs", "1"]))
      expectSuccess(try await resume("run", options + ["--epochs", "2"]))
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == 6)
      // A recipe's name alone leaves what was changed of it.
      if options.contains("--recipe") {
        expectSuccess(try await resume("run", ["--recipe", "fast", "--epochs", "3"]))
        #expect(try sandbox.json("run/config.json")["lr"] as? Double == 0.03)
      }
    }

    @Test func whatBringsNoMoreUpdatesIsRefused() async throws {
      expectSuccess(try await train("run", ["--epochs", "3", "--max-steps", "4"]))
      let (summary, config) = (try sandbox.text("run/summary.json"), try sandbox.text("run/config.json"))
      for options in [["--epochs", "5"], ["--patience", "5"], ["--epochs", "5", "--lr", "0.01"]] {
        expectFailure(
          try await resume("run", options), 64, saying: ["has made its 4 updates", "expected more", "(--max-steps)"])
      }
      #expect(try sandbox.text("run/summary.json") == summary && sandbox.text("run/config.json") == config)
      expectSuccess(try await resume("run", ["--max-steps", "9"]))
      expectFailure(
        try await resume("run", ["--max-steps", "10"]), 64, saying: ["has completed its 3 epochs", "(--epochs)"])
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == 9)
    }

    /// A run that begins again, or has no checkpoint yet, keeps the length that it is given.
    @Test func aRunWithoutAStepGetsAnotherLengthToo() async throws {
      expectSuccess(try await train("run", ["--epochs", "1"]))
      expectSuccess(try await resume("run", ["--from-start", "--epochs", "2"]))
      #expect(try sandbox.json("run/config.json")["epochs"] as? Int == 2)
      let again = try await resume("run", [])
      expectSuccess(again)
      #expect(again.errors.contains("complete"), "\(again.errors)")
      for name in ["checkpoints", "summary.json", "metrics.jsonl"] {
        try FileManager.default.removeItem(at: sandbox.url("run/\(name)"))
      }
      expectSuccess(try await resume("run", ["--epochs", "3"]))
      expectSuccess(try await train("long", ["--epochs", "3"]))
      #expect(try sandbox.json("run/config.json")["epochs"] as? Int == 3)
      try expectSame("run", "long")
    }

    /// A limit that ends the run before its new last epoch.
    @Test func aLimitThatStaysIsNamed() async throws {
      expectSuccess(try await train("run", ["--epochs", "2", "--max-steps", "5", "--checkpoint-steps", "1"]))
      try FileManager.default.removeItem(at: sandbox.url("run/checkpoints/step-00000005.safetensors"))
      let outcome = try await resume("run", ["--epochs", "4"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("4 epochs instead of 2"), "\(outcome.errors)")
      #expect(outcome.errors.contains("max steps: it still ends after update 5, in epoch 2"), "\(outcome.errors)")
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == 5)
    }

    /// A run that was cut within epochs, perhaps where it was better than at their ends, and twice: what those came to
    /// when they were cut is forgotten.
    @Test(arguments: ["2", "4", "6"])
    func theBestOfAnEpochThatWasCutIsForgotten(_ seed: String) async throws {
      let run =
        ["train"] + tinyData + ["--model", "densenet-bc-10-4", "--train-limit", "160", "--test-limit", "50"]
        + ["--momentum", "0.9", "--epochs", "4", "--threads", "1", "--quiet", "--seed", seed]
      expectSuccess(try await sandbox.run(run + ["--max-steps", "7", "--output", "cut"]))
      for steps in ["10", "15", "18", "20"] {
        expectSuccess(try await sandbox.run(run + ["--max-steps", steps, "--output", "long\(steps)"]))
        expectSuccess(try await resume("cut", ["--max-steps", steps]))
        try expectSame("cut", "long\(steps)")
      }
      #expect(sandbox.names(in: "cut/checkpoints")?.allSatisfy { $0.hasPrefix("step-") } == true)
      // By way of a cut epoch that was the best, back to one before it.
      expectSuccess(try await sandbox.run(run + ["--max-steps", "15", "--output", "other"]))
      expectSuccess(try await resume("other", ["--max-steps", "20"]))
      try expectSame("other", "long20")
    }

    /// What is kept of a run is the run's own setting, unless another one is given, which is then the run's.
    @Test func checkpointsAreKeptAsTheRunSays() async throws {
      func steps() throws -> [Int] {
        try #require(sandbox.names(in: "run/checkpoints")).compactMap { Int($0.filter(\.isNumber)) }
      }
      expectSuccess(
        try await train("run", ["--max-steps", "4", "--checkpoint-steps", "1", "--keep-checkpoints", "4"]))
      #expect(try steps() == [1, 2, 3, 4])
      expectSuccess(try await resume("run", ["--max-steps", "6"]))
      #expect(try steps() == [3, 4, 5, 6])
      // An interrupted run that is resumed with another number, and then by its folder alone.
      try FileManager.default.removeItem(at: sandbox.url("run/summary.json"))
      expectSuccess(try await resume("run", ["--keep-checkpoints", "3", "--checkpoint-steps", "2"]))
      expectSuccess(try await resume("run", ["--max-steps", "8"]))
      #expect(try steps() == [5, 6, 8])
      let choices = try #require(try sandbox.json("run/config.json")["choices"] as? [String: Any])
      #expect(choices["kept_checkpoints"] as? Int == 3 && choices["checkpoint_steps"] as? Int == 2)
    }
  }
}
