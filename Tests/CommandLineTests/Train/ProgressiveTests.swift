import Foundation
import Testing

/// A run of 36 steps in 3 stages of two sizes that grow and one that is smaller again.
private let progressiveRun = [
  "train", "--dataset", "fashion-mnist-sample", "--model", "densenet-bc-10-4", "--train-limit", "96", "--test-limit",
  "32", "--batch-size", "16", "--recipe", "fast", "--drop-rate", "0.1", "--cutmix", "1", "--mixup", "0.2",
  "--progressive", "16:2,32:2,24:2",
]

extension Command {
  @Suite struct Progressive {
    let sandbox = try! Sandbox()

    /// Killed in each stage, by turns with one thread and with two, a run comes to the same bits.
    @Test func aRunIsResumedAcrossSizes() async throws {
      expectSuccess(try await sandbox.run(progressiveRun + ["--output", "whole", "--threads", "2"]))
      let options = progressiveRun + ["--output", "run", "--resume", "--checkpoint-steps", "1"]
      for (turn, step) in [3, 9, 14, 21, 28, 34].enumerated() {
        let running = try sandbox.start(options + ["--threads", "\(1 + turn % 2)"])
        let isThere = try await wait(seconds: 60) {
          let names = sandbox.names(in: "run/checkpoints") ?? []
          return !running.process.isRunning
            || names.contains { Int($0.dropFirst(5).prefix(8)).map { $0 >= step } ?? false }
        }
        #expect(isThere)
        kill(running.process.processIdentifier, SIGKILL)
        _ = try await running.outcome()
      }
      expectSuccess(try await sandbox.run(options + ["--threads", "1"]))
      for name in ["model", "best"] { #expect(try sandbox.weights("run", name) == sandbox.weights("whole", name)) }
      #expect(try sandbox.points("run") == sandbox.points("whole"))
    }

    /// The weights are for the last size, where the best epoch is too, and say so.
    @Test func theWeightsAreForTheLastSize() async throws {
      let outcome = try await sandbox.run(progressiveRun + ["--output", "run"])
      expectSuccess(outcome)
      for epoch in ["epoch 1/6 at 16×16", "epoch 4/6 at 32×32", "epoch 6/6 at 24×24"] {
        #expect(outcome.errors.contains(epoch), "\(outcome.errors)")
      }
      let (config, summary) = (try sandbox.json("run/config.json"), try sandbox.json("run/summary.json"))
      #expect(config["resize"] as? Int == 24 && config["epochs"] as? Int == 6)
      #expect((config["recipe"] as? [String: Any])?["progressive"] as? String == "16:2,32:2,24:2")
      #expect(summary["epochs"] as? Int == 6 && summary["best_epoch"] as? Int ?? 0 > 4)
      #expect(try sandbox.text("run/report.html").contains("images of 16×16, then 32×32, then 24×24"))
      for (name, key) in [("model", "test_accuracy"), ("best", "best_test_accuracy")] {
        let evaluated = try await sandbox.run(
          [
            "evaluate", "--weights", "run/\(name).safetensors", "--dataset", "fashion-mnist-sample", "--test-limit",
            "32",
          ]
            + ["--json"])
        expectSuccess(evaluated)
        let accuracy = try object(evaluated.output)["test_accuracy"] as? Double
        #expect(accuracy == summary[key] as? Double)
      }
      // What ends in the first stage is for that one's size.
      expectSuccess(try await sandbox.run(progressiveRun + ["--output", "cut", "--max-steps", "8"]))
      let cut = try await sandbox.run(["summary", "--weights", "cut/model.safetensors", "--json"])
      #expect((try object(cut.output)["input_shape"] as? [Int])?.suffix(2) == [16, 16], "\(cut.output.prefix(300))")
    }

    /// More epochs are more of the last size.
    @Test func aLongerRunIsTheRunThatWasLongFromTheStart() async throws {
      let options = [
        "train", "--dataset", "fashion-mnist-sample", "--model", "densenet-bc-10-4", "--train-limit", "32",
        "--test-limit", "16", "--batch-size", "16",
      ]
      expectSuccess(try await sandbox.run(options + ["--progressive", "16:1,32:3", "--output", "long"]))
      expectSuccess(try await sandbox.run(options + ["--progressive", "16:1,32:1", "--output", "run"]))
      expectSuccess(try await sandbox.run(["train", "--resume", "--output", "run", "--epochs", "4"]))
      for name in ["model", "best"] { #expect(try sandbox.weights("run", name) == sandbox.weights("long", name)) }
      let recipe = try sandbox.json("run/config.json")["recipe"] as? [String: Any]
      #expect(recipe?["progressive"] as? String == "16:1,32:3")
      let resume = ["train", "--resume", "--output", "run"]
      expectFailure(
        try await sandbox.run(resume + ["--epochs", "1"]), 64, saying: ["more than 1", "--epochs, --progressive"])
      expectFailure(
        try await sandbox.run(resume + ["--progressive", "16:2,32:2"]), 65,
        saying: ["recipe.progressive: 16:1,32:3 there, 16:2,32:2 here", "--progressive"])
    }

    @Test(arguments: [
      (["48"], "such as 48:45,72:15,96:15"), (["48:0"], "found \"48:0\""), (["a:b"], "found \"a:b\""),
      (["48:1,96"], "found \"96\""), (["48:2,96:1", "--epochs", "4"], "add up to the run's 4, found 3"),
      (["8:1,96:1"], "at least"), (["96:1,9000:1"], "at most 8192"),
      (["48:1,96:1", "--resize", "64"], "96 pixels, the last of the progressive sizes, found 64"),
    ])
    func brokenListsAreNamed(_ arguments: [String], _ part: String) async throws {
      let outcome = try await sandbox.run(
        ["train", "--dataset", "fashion-mnist-sample", "--quiet", "--output", "run", "--progressive"] + arguments)
      expectFailure(outcome, 64, saying: ["--progressive", part])
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func tablesHaveNoSizes() async throws {
      try sandbox.write(Data("a,b\n1,2\n".utf8), to: "t.csv")
      expectFailure(
        try await sandbox.run(["tabular", "train", "t.csv", "--target", "b", "--progressive", "48:1"]), 64,
        saying: ["--progressive"])
    }
  }
}
