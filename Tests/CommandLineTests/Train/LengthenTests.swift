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

    /// From another folder, by relative paths.
    @Test func theRunsOwnSettingsAreTheBase() async throws {
      expectSuccess(try await train("run", ["--epochs", "1"]))
      let outcome = try await sandbox.run(
        ["train", "--resume", "--output", "../run", "--epochs", "2"],
        shell: #"mkdir -p elsewhere && cd elsewhere && exec "$0" "$@""#)
      expectSuccess(outcome)
      #expect(try sandbox.json("run/summary.json")["epochs"] as? Int == 2)
      #expect(try sandbox.predictedFiles("run").allSatisfy { $0.hasPrefix("photos/") })
    }
  }
}
