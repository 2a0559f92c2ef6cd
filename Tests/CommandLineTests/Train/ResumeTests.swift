import Foundation
import Testing

/// A run of 60 steps in 3 epochs, with everything that has a state: momentum, dropout, an average, augmentation, a schedule.
private let longRun = [
  "train", "--dataset", "fashion-mnist-sample", "--resize", "32", "--train-limit", "320", "--test-limit", "32",
  "--batch-size", "16", "--epochs", "3", "--recipe", "fast", "--drop-rate", "0.1", "--mixup", "0.2",
]

/// The same on a folder of JPEG and PNG classes.
private let imageRun = [
  "train", "--dataset", "folder:pets", "--model", "densenet-bc-16-6", "--resize", "32", "--batch-size", "4", "--epochs",
  "24", "--random-resized-crop", "0.5", "--flip", "--color-jitter", "0.2,0.2,0.2,0.05", "--optimizer", "adamw",
  "--drop-rate", "0.1", "--schedule", "one-cycle", "--normalize", "dataset",
]

extension Command {
  @Suite struct Resume {
    let sandbox = try! Sandbox()

    private func weights(_ run: String) throws -> Data { try Data(contentsOf: sandbox.url("\(run)/model.safetensors")) }

    /// Kills runs at random instants, twenty times in all, and lets each go on until it is complete.
    @Test(arguments: [longRun, imageRun])
    func killedAtAnyInstantARunComesToTheSameWeights(_ command: [String]) async throws {
      for n in 0..<4 {
        try sandbox.add([
          "pets/cat/\(n).png": "png/sequential/rgb.png", "pets/cat/\(n).jpg": "jpeg/grey.jpg",
          "pets/dog/\(n).jpg": "jpeg/cmyk.jpg",
          "pets/dog/g\(n).png": "png/sequential/grey8.png",
        ])
      }
      expectSuccess(try await sandbox.run(command + ["--output", "whole"]))
      var generator = SystemRandomNumberGenerator()
      var (kills, run) = (0, 0)
      while kills < 20 {
        run += 1
        let options = command + ["--output", "run\(run)", "--resume", "--checkpoint-steps", "4"]
        while kills < 20 {
          let running = try sandbox.start(options)
          let instant = Double.random(in: 0...0.7, using: &generator)
          _ = try await wait(seconds: instant) { !running.process.isRunning }
          if !running.process.isRunning { break }
          kill(running.process.processIdentifier, SIGKILL)
          _ = try await running.outcome()
          kills += 1
        }
        let threads = run % 2 == 0 ? "1" : "2"
        expectSuccess(try await sandbox.run(options + ["--threads", threads]))
        #expect(try weights("run\(run)") == weights("whole"))
        #expect(
          try Data(contentsOf: sandbox.url("run\(run)/best.safetensors"))
            == Data(contentsOf: sandbox.url("whole/best.safetensors")))
        let (points, expected) = (try steps("run\(run)"), try steps("whole"))
        #expect(points == expected, "run \(run)")
      }
    }

    /// The events and steps of a run's points.
    private func steps(_ run: String) throws -> [String] {
      try metrics(sandbox.text("\(run)/metrics.jsonl")).map {
        "\($0["event"] ?? "") \($0["step"] ?? "") \($0["train_loss"] ?? "") \($0["test_accuracy"] ?? "")"
      }
    }

    @Test func theFolderAloneNamesTheRun() async throws {
      expectSuccess(try await sandbox.run(longRun + ["--output", "whole"]))
      let interrupted = longRun + ["--output", "run", "--checkpoint-steps", "4"]
      let running = try sandbox.start(interrupted)
      _ = try await wait(seconds: 60) { sandbox.names(in: "run/checkpoints")?.isEmpty == false }
      kill(running.process.processIdentifier, SIGINT)
      let outcome = try await running.outcome()
      #expect(outcome.status == 130 && outcome.errors.contains("--resume --output"), "\(outcome.errors)")
      expectSuccess(try await sandbox.run(["train", "--resume", "--output", "run"]))
      #expect(try weights("run") == weights("whole"))
      // Complete: the results once more, and nothing changes.
      let again = try await sandbox.run(["train", "--resume", "--output=run", "--json"])
      expectSuccess(again)
      #expect(again.errors.contains("complete"))
      #expect(
        NSDictionary(dictionary: try object(again.output)).isEqual(to: try sandbox.json("run/summary.json")))
    }

    @Test func aDamagedNewestCheckpointIsPassedOver() async throws {
      expectSuccess(try await sandbox.run(longRun + ["--output", "whole"]))
      for (number, damage) in ["cut", "changed", "emptied", "text"].enumerated() {
        let run = "run\(number)"
        expectSuccess(
          try await sandbox.run(longRun + ["--output", run, "--checkpoint-steps", "4", "--keep-checkpoints", "3"]))
        try FileManager.default.removeItem(at: sandbox.url("\(run)/summary.json"))
        let names = try #require(sandbox.names(in: "\(run)/checkpoints"))
        #expect(names.count == 3)
        let newest = sandbox.url("\(run)/checkpoints/\(names.last!)")
        var data = try Data(contentsOf: newest)
        switch damage {
        case "cut": data.removeLast(100)
        case "changed": data[data.count / 2] ^= 0x10
        case "emptied": data = Data()
        default: data = Data("a text\n".utf8)
        }
        try data.write(to: newest)
        let outcome = try await sandbox.run(["train", "--resume", "--output", run])
        expectSuccess(outcome)
        #expect(outcome.errors.contains("skipped") && outcome.errors.contains(names.last!), "\(outcome.errors)")
        #expect(try weights(run) == weights("whole"), "\(damage)")
      }
    }

    @Test func anotherRunIsRefused() async throws {
      // Complete or not.
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "run"]))
      let resume = ["--output", "run", "--resume"]
      let differences = [
        ["--lr", "0.2"]: ["recipe.lr", "0.1 there, 0.2 here"],
        ["--seed", "9"]: ["seed: 0 there, 9 here", "(--seed, --resume --output run)"],
        ["--growth-rate", "16"]: ["network.growth_rate"], ["--train-limit", "32"]: ["dataset"],
        ["--freeze", "features"]: ["freeze.features: nothing there, yes here"],
        ["--precision", "bf16"]: ["precision: fp32 there, bf16 here"], ["--optimizer", "adam"]: ["optimizer"],
      ]
      for (options, parts) in differences {
        let arguments = options.first == "--train-limit" ? tinyRun.map { $0 == "64" ? "32" : $0 } : tinyRun + options
        expectFailure(try await sandbox.run(arguments + resume + ["--quiet"]), 65, saying: parts + ["run"])
      }
      expectFailure(try await sandbox.run(tinyRun + ["--resume"]), 64, saying: ["--resume", "--output"])
      expectFailure(try await sandbox.run(tinyRun + ["--output", "run"]), 64, saying: ["already holds a run"])
    }

    @Test func aRunThatHasNotBegunIsBegun() async throws {
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "new", "--resume"]))
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "plain"]))
      #expect(try weights("new") == weights("plain"))
      expectFailure(
        try await sandbox.run(["train", "--resume", "--output", "typo", "--quiet"]), 66, saying: ["typo", "expected"])
      #expect(sandbox.names(in: "typo") == nil)
      // What makes no sense for a new run makes none with --resume.
      expectFailure(
        try await sandbox.run(tinyRun + ["--warmup-epochs", "99", "--output", "warm", "--resume", "--quiet"]), 64,
        saying: ["at most the run's 1 epoch", "--warmup-epochs"])
      #expect(sandbox.names(in: "warm") == nil)
      expectFailure(
        try await sandbox.run(tinyRun + ["--entry", "ema", "--output", "new2"]), 64, saying: ["--entry", "--weights"])
    }

    /// A run that was killed between its last files, of images by a relative path.
    @Test func whatIsMissingAtTheEndIsWritten() async throws {
      try sandbox.add([
        "pets/cat/a.png": "png/sequential/rgb.png", "pets/cat/b.jpg": "jpeg/grey.jpg",
        "pets/dog/a.jpg": "jpeg/cmyk.jpg",
        "pets/dog/b.png": "png/sequential/grey8.png",
      ])
      expectSuccess(try await sandbox.run(imageRun + ["--max-steps", "2", "--output", "run"]))
      for name in ["report.html", "predictions.csv", "evaluation.json"] {
        try FileManager.default.removeItem(at: sandbox.url("run/\(name)"))
      }
      let before = try weights("run")
      // From another folder, too.
      let outcome = try await sandbox.run(
        ["train", "--resume", "--output", sandbox.url("run").path], shell: #"cd run && exec "$0" "$@""#)
      expectSuccess(outcome)
      #expect(
        sandbox.names(in: "run")!.contains("report.html") && sandbox.names(in: "run")!.contains("predictions.csv"))
      #expect(try weights("run") == before)
    }
  }
}
