import Foundation
import Testing

extension Command {
  @Suite struct Train {
    let sandbox = try! Sandbox()

    @Test func endsWithTheChaptersLines() async throws {
      let outcome = try await sandbox.run(tinyRun + ["--output", "run"])
      expectSuccess(outcome)
      let lines = /loss \d+\.\d{3}, train acc [01]\.\d{3}, test acc [01]\.\d{3}\n\d+\.\d examples\/sec on cpu\n/
      #expect(outcome.output.wholeMatch(of: lines) != nil, "\(outcome.output)")
      #expect(outcome.errors.contains("64 training and 32 test images"))
      #expect(outcome.errors.contains("epoch 1/1  loss"))
      #expect(!outcome.errors.contains("\u{1b}") && !outcome.errors.contains("\r"))
    }

    @Test func leavesARunFolder() async throws {
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "run", "--epochs", "2", "--seed", "5"]))
      #expect(sandbox.runNames(in: "run") == runFiles)

      let config = try sandbox.json("run/config.json")
      let keys = [
        "version", "arguments", "machine", "dataset", "model", "resize", "lr", "started", "instruction_set",
        "convolution",
      ]
      #expect(keys.filter { config[$0] == nil } == [])
      #expect(config["seed"] as? Int == 5 && config["batch_size"] as? Int == 16 && config["epochs"] as? Int == 2)

      let summary = try sandbox.json("run/summary.json")
      let numbers = [
        "train_loss", "train_accuracy", "test_accuracy", "examples_per_second", "peak_memory_bytes", "seconds",
      ]
      for key in numbers { #expect((summary[key] as? Double).map { $0 >= 0 } == true, "\(key)") }
      #expect(summary["parameters"] as? Int == 758_226)
      #expect(summary["epochs"] as? Int == 2 && summary["batch_size"] as? Int == 16)
      #expect(summary["seed"] as? Int == 5 && summary["precision"] as? String == "fp32")
      #expect(summary["threads"] as? Int ?? 0 >= 1)

      let points = try metrics(sandbox.text("run/metrics.jsonl"))
      #expect(points.map { $0["event"] as? String } == (Array(repeating: "train", count: 4) + ["epoch"]) * 2)
      #expect(points.compactMap { $0["step"] as? Int } == [1, 2, 3, 4, 4, 5, 6, 7, 8, 8])
      #expect(points.last?["test_accuracy"] as? Double == summary["test_accuracy"] as? Double)
      #expect(try sandbox.text("run/curves.svg").contains("<svg"))
    }

    @Test func printsJSONAlone() async throws {
      let outcome = try await sandbox.run(tinyRun + ["--output", "run", "--json", "--quiet"])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      #expect(outcome.output.split(separator: "\n").count == 1)
      let (printed, written) = (try object(outcome.output), try sandbox.json("run/summary.json"))
      #expect(NSDictionary(dictionary: printed).isEqual(to: written))
    }

    @Test func equalRunsGiveEqualFiles() async throws {
      let variants = [
        "a": ["--threads", "1"], "b": ["--threads", "2"], "c": ["--threads", "2"], "other": ["--seed", "1"],
        "d": ["--threads", "1", "--convolution", "direct"], "e": ["--threads", "2", "--convolution", "direct"],
        "f": ["--threads", "1", "--precision", "bf16"], "g": ["--threads", "2", "--precision", "bf16"],
        "h": ["--memory-efficient"], "i": ["--memory-efficient", "--precision", "bf16"],
      ]
      for (name, options) in variants {
        expectSuccess(try await sandbox.run(tinyRun + ["--quiet", "--output", name] + options))
      }
      func weights(_ run: String) throws -> Data { try Data(contentsOf: sandbox.url("\(run)/model.safetensors")) }
      #expect(try weights("a") == weights("b") && weights("b") == weights("c"))
      #expect(try weights("d") == weights("e") && weights("f") == weights("g"))
      #expect(try weights("a") == weights("h") && weights("f") == weights("i"), "recomputing changes nothing")
      #expect(try weights("a") != weights("other") && weights("a") != weights("d") && weights("a") != weights("f"))
      #expect(try sandbox.json("i/summary.json")["precision"] as? String == "bf16")
    }

    @Test func stopsAfterTheStepsAskedFor() async throws {
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "run", "--epochs", "3", "--max-steps", "6"]))
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == 6)
      let epochs = try metrics(sandbox.text("run/metrics.jsonl")).filter { $0["event"] as? String == "epoch" }
      #expect(epochs.compactMap { $0["step"] as? Int } == [4, 6])

      expectSuccess(try await sandbox.run(tinyRun + ["--output", "more", "--max-steps", "1000"]))
      #expect(try sandbox.json("more/summary.json")["steps"] as? Int == 4)
    }

    @Test func keepsTheFilesOrder() async throws {
      for name in ["a", "b"] {
        // With one batch an epoch, the order within it is all that a seed could change.
        let options = ["--no-shuffle", "--init", "start/model.safetensors", "--seed", name == "a" ? "1" : "2"]
        if name == "a" { expectSuccess(try await sandbox.run(oneStep + ["--output", "start"])) }
        expectSuccess(try await sandbox.run(tinyRun + options + ["--output", name]))
      }
      #expect(try sandbox.text("a/metrics.jsonl").prefix(200) == sandbox.text("b/metrics.jsonl").prefix(200))
      #expect(
        try Data(contentsOf: sandbox.url("a/model.safetensors")) == Data(contentsOf: sandbox.url("b/model.safetensors"))
      )
    }

    @Test func continuesFromGivenWeights() async throws {
      expectSuccess(try await sandbox.run(tinyRun + ["--no-shuffle", "--output", "whole", "--epochs", "2"]))
      expectSuccess(try await sandbox.run(tinyRun + ["--no-shuffle", "--output", "first"]))
      expectSuccess(
        try await sandbox.run(
          tinyRun + ["--no-shuffle", "--output", "second", "--init", "first/model.safetensors", "--seed", "9"]))
      let (whole, second) = try (sandbox.json("whole/summary.json"), sandbox.json("second/summary.json"))
      #expect(whole["test_loss"] as? Double == second["test_loss"] as? Double)
      #expect(
        try Data(contentsOf: sandbox.url("whole/model.safetensors"))
          == Data(contentsOf: sandbox.url("second/model.safetensors")))
    }

    @Test(arguments: ["1", "17", "100000000", "2147483648"])
    func takesAnyBatchSize(_ size: String) async throws {
      // At 64 pixels the last map has more than one, so that a batch of one image has statistics.
      let options = ["--batch-size", size, "--train-limit", "18", "--resize", "64", "--max-steps", "2"]
      expectSuccess(try await sandbox.run(tinyRun + options + ["--output", "run"]))
      #expect(try sandbox.json("run/summary.json")["steps"] as? Int == (Int(size)! > 17 ? 1 : 2))
    }

    @Test(arguments: ["generic", "avx2", "avx512"])
    func usesTheInstructionSetAskedFor(_ name: String) async throws {
      let outcome = try await sandbox.run(
        oneStep + ["--output", "run"], environment: ["DENSENET_ISA": name])
      if outcome.status == 0 {
        #expect(try sandbox.json("run/config.json")["instruction_set"] as? String == name)
      } else {
        // A machine that lacks the set.
        expectFailure(outcome, 64, saying: [name, "choose one of"])
        #expect(sandbox.names(in: "run") == nil)
      }
    }

    @Test func learns() async throws {
      let options = ["--dataset", "fashion-mnist-sample", "--resize", "32", "--batch-size", "32", "--lr", "0.02"]
      expectSuccess(
        try await sandbox.run(["train", "--output", "run", "--epochs", "1", "--test-limit", "100"] + options))
      #expect(try #require(sandbox.json("run/summary.json")["train_accuracy"] as? Double) > 0.5)
    }
  }
}

private func * <T>(array: [T], count: Int) -> [T] { (0..<count).flatMap { _ in array } }
