import Foundation
import Testing

extension Command {
  @Suite struct FineTuning {
    let sandbox = try! Sandbox()

    /// The tensors that a run from other weights changed, by the beginning of their names.
    private func changed(_ run: String, _ options: [String]) async throws -> Set<Substring> {
      if sandbox.names(in: "start") == nil {
        expectSuccess(try await sandbox.run(tinyRun + ["--output", "start", "--quiet"]))
      }
      expectSuccess(
        try await sandbox.run(
          tinyRun + ["--weights", "start/model.safetensors", "--output", run, "--quiet", "--seed", "5"] + options))
      let before = try TensorFile(Data(contentsOf: sandbox.url("start/model.safetensors"))).tensors
      let after = try TensorFile(Data(contentsOf: sandbox.url("\(run)/model.safetensors"))).tensors
      #expect(before.keys.sorted() == after.keys.sorted())
      return Set(
        after.filter { $0.value.values != before[$0.key]?.values }.map { $0.key.split(separator: ".")[0] })
    }

    @Test func whatIsFrozenStaysAsItIs() async throws {
      // The chapter's network: a stem (0), blocks (1, 3, 5, 7), transitions (2, 4, 6), batch norm (8), classifier (12).
      #expect(try await changed("all", []) == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "12"])
      #expect(try await changed("features", ["--freeze", "features"]) == ["12"])
      #expect(try await changed("blocks", ["--freeze", "blocks:2"]) == ["5", "6", "7", "8", "12"])
      #expect(try await changed("slow", ["--features-lr-scale", "0", "--freeze-norm"]) == ["12"])
    }

    @Test func anotherSetOfClassesGetsANewClassifier() async throws {
      try sandbox.add([
        "pets/cat/a.png": "png/sequential/rgb.png", "pets/cat/b.jpg": "jpeg/grey.jpg",
        "pets/dog/a.jpg": "jpeg/cmyk.jpg",
      ])
      try sandbox.add(["pets/dog/b.png": "png/sequential/grey8.png"])
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "start", "--quiet"]))
      let tune = [
        "train", "--dataset", "folder:pets", "--val-share", "0.5", "--resize", "32", "--epochs", "1", "--batch-size",
        "2", "--weights", "start/model.safetensors", "--output", "tuned",
      ]
      expectFailure(try await sandbox.run(tune + ["--quiet"]), 65, saying: ["ask for 2 classes", "(--num-classes)"])
      let outcome = try await sandbox.run(tune + ["--num-classes", "2", "--freeze", "blocks:4"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("the classifier for 2 classes is new and untrained"))
      #expect(outcome.errors.contains("adapted from 1 to 3 input channels"))
    }

    /// Size, fit and normalisation are those that the weights were trained with, before a recipe's.
    @Test func imagesArePreparedAsTheWeightsSay() async throws {
      let start = tinyRun + ["--normalize", "0.25:0.5", "--transition-pool", "max"]
      expectSuccess(try await sandbox.run(start + ["--output", "start"]))
      let place = tinyRun.firstIndex(of: "--resize")!
      let plain = Array(tinyRun[..<place] + tinyRun[(place + 2)...])
      let tune = plain + ["--weights", "start/model.safetensors", "--recipe", "fast", "--epochs", "1"]
      let outcome = try await sandbox.run(tune + ["--output", "tuned"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("images are prepared as those of start/model.safetensors were"))
      func preparation(_ run: String) throws -> [String: Any] {
        try #require(sandbox.json("\(run)/config.json")["preprocessing"] as? [String: Any])
      }
      #expect(try NSDictionary(dictionary: preparation("tuned")).isEqual(to: preparation("start")))
      let network = try #require(try sandbox.json("tuned/config.json")["network"] as? [String: Any])
      #expect(network["transition_pool"] as? String == "max")
      let other = try await sandbox.run(tune + ["--normalize", "none", "--output", "other"])
      expectSuccess(other)
      #expect(other.errors.contains("differ in size or normalisation"))
      expectFailure(
        try await sandbox.run(tune + ["--transition-pool", "average", "--quiet"]), 64, saying: ["max", "average"])
      // Naming the network does not change what its weights were trained with.
      let evaluate = ["evaluate", "--weights", "start/model.safetensors", "--json"] + tinyData
      func loss(_ options: [String]) async throws -> Double {
        try #require(object(try await sandbox.run(evaluate + options).output)["test_loss"] as? Double)
      }
      #expect(try await loss([]) == loss(["--model", "d2l"]))
    }

    @Test func whatCannotBeFrozenIsRefused() async throws {
      for (part, words) in [("blocks:5", "1 to 4 blocks"), ("blocks:0", "blocks:<n>"), ("stem", "features")] {
        expectFailure(
          try await sandbox.run(tinyRun + ["--freeze", part, "--quiet"]), 64, saying: ["--freeze", words])
      }
    }
  }

  @Suite struct Recipes {
    let sandbox = try! Sandbox()

    private func recipe(_ options: [String], _ run: String) async throws -> [String: Any] {
      expectSuccess(
        try await sandbox.run(
          ["train", "--dataset", "fashion-mnist-sample", "--resize", "32", "--train-limit", "32", "--test-limit", "16"]
            + ["--max-steps", "1", "--quiet", "--output", run] + options))
      return try #require(try sandbox.json("\(run)/config.json")["recipe"] as? [String: Any])
    }

    /// Huang et al. 2017, §4.2.
    @Test func thePapersForCIFAR() async throws {
      let options = ["--recipe", "paper-cifar", "--model", "densenet-bc-16-6"]
      let recipe = try await recipe(options, "paper")
      #expect(recipe["epochs"] as? Int == 300 && recipe["batch_size"] as? Int == 64)
      #expect(recipe["lr"] as? Double == 0.1 && recipe["momentum"] as? Double == 0.9)
      #expect(recipe["nesterov"] as? Bool == true && recipe["weight_decay"] as? Double == 1e-4)
      let schedule = try #require(recipe["schedule"] as? [String: Any])
      let step = try #require((schedule["shape"] as? [String: Any])?["step"] as? [String: Any])
      #expect(step["milestones"] as? [Int] == [150, 225] && step["factor"] as? Double == 0.1)
      let augmentation = try #require(recipe["augmentation"] as? [String: Any])
      #expect(augmentation["crop_padding"] as? Int == 4 && augmentation["horizontal_flip"] as? Double == 0.5)
    }

    @Test func optionsChangeARecipe() async throws {
      let plain = try await recipe([], "plain")
      #expect(plain["name"] as? String == "d2l" && plain["momentum"] as? Double == 0)
      let options = ["--recipe", "fast", "--optimizer", "adamw", "--schedule", "one-cycle", "--no-flip", "--ema", "0"]
      let changed = try await recipe(options, "changed")
      #expect(changed["optimizer"] as? String == "adamw" && changed["lr"] as? Double == 1e-3)
      #expect(changed["nesterov"] as? Bool == false && changed["weight_decay"] as? Double == 0.01)
      #expect(changed["average_decay"] == nil && changed["label_smoothing"] as? Double == 0.1)
      let augmentation = try #require(changed["augmentation"] as? [String: Any])
      #expect(augmentation["horizontal_flip"] as? Double == 0 && augmentation["crop_padding"] as? Int == 8)
    }

    @Test func whatDoesNotGoTogetherIsRefused() async throws {
      let wrong = [
        ["--recipe", "slow"]: "d2l, fast, best, paper-cifar", ["--nesterov"]: "--momentum",
        ["--milestones", "3"]: "--schedule step", ["--schedule", "step"]: "--milestones",
        ["--min-lr", "0.01"]: "--schedule cosine", ["--one-cycle-rise", "0.2"]: "--schedule one-cycle",
        ["--schedule", "one-cycle", "--warmup-epochs", "1"]: "warm-up", ["--ema", "1"]: "from 0 to below 1",
        ["--clip-norm", "0"]: "greater than 0", ["--weight-decay", "-1"]: "from 0",
      ]
      for (options, words) in wrong {
        expectFailure(try await sandbox.run(tinyRun + ["--quiet"] + options), 64, saying: [words])
      }
    }
  }
}
