import DenseNets
import Foundation
import Testing

extension Command {
  @Suite struct Evaluate {
    let sandbox = try! Sandbox()

    @Test func agreesWithTheRun() async throws {
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "run"]))
      let evaluate = ["evaluate", "--weights", "run/model.safetensors"] + tinyData
      let outcome = try await sandbox.run(evaluate + ["--json", "--quiet"])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      let (report, summary) = try (object(outcome.output), sandbox.json("run/summary.json"))
      #expect(
        Set(report.keys) == ["test_accuracy", "top5_accuracy", "test_loss", "examples", "seconds", "skipped"])
      #expect((report["skipped"] as? [Any])?.isEmpty == true)
      let (first, five) = try (
        #require(report["test_accuracy"] as? Double), #require(report["top5_accuracy"] as? Double)
      )
      #expect(first <= five && five <= 1)
      #expect(report["examples"] as? Int == 32)
      #expect(report["test_accuracy"] as? Double == summary["test_accuracy"] as? Double)
      // Inference folds batch norms into convolutions, which rounds elsewhere than training's own test does.
      let (evaluated, tested) = try (
        #require(report["test_loss"] as? Double), #require(summary["test_loss"] as? Double)
      )
      #expect(abs(evaluated - tested) < 1e-6 * tested)

      // One image at a time, the sum over the images is rounded elsewhere.
      let single = try object(try await sandbox.run(evaluate + ["--json", "--batch-size", "1"]).output)
      #expect(single["test_accuracy"] as? Double == report["test_accuracy"] as? Double)
      let (a, b) = try (#require(single["test_loss"] as? Double), #require(report["test_loss"] as? Double))
      #expect(abs(a - b) < 1e-5 * b)

      let plain = try await sandbox.run(evaluate)
      #expect(
        plain.output.wholeMatch(of: /test loss \d+\.\d{3}, test acc [01]\.\d{3} on 32 images in \d+\.\d s\n/) != nil)
    }

    /// Weights that do not name their classes: sorted order is an assumption, which is said and can be corrected.
    @Test func theOrderOfUnnamedClassesIsSaid() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 9, "b": 6])
      let data = ["--dataset", "folder:photos"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + ["--epochs", "1", "--output", "run"]))
      var file = try TensorFile(Data(contentsOf: sandbox.url("run/model.safetensors")))
      file.metadata["class_names"] = nil
      try sandbox.write(try file.serialized(), to: "bare.safetensors")
      try sandbox.write(Data("b\na\n".utf8), to: "names.txt")
      func accuracy(_ options: [String], note: Bool) async throws -> Double {
        let outcome = try await sandbox.run(["evaluate", "--json", "--quiet"] + data + options)
        expectSuccess(outcome)
        let text = "taken for those of photos in sorted order: a, b; name them in a file if training had another order"
        #expect(outcome.errors.contains(text) == note, "\(outcome.errors)")
        if note { #expect(outcome.errors.contains("(--classes)")) }
        return try #require(try object(outcome.output)["test_accuracy"] as? Double)
      }
      let named = try await accuracy(["--weights", "run/model.safetensors"], note: false)
      let bare = ["--weights", "bare.safetensors"]
      #expect(try await accuracy(bare, note: true) == named)
      // Of two classes, the other order is right where this one is wrong.
      #expect(abs(try await accuracy(bare + ["--classes", "names.txt"], note: false) - (1 - named)) < 1e-12)
      try sandbox.write(Data("a\n".utf8), to: "one.txt")
      expectFailure(
        try await sandbox.run(["evaluate"] + data + bare + ["--classes", "one.txt"]), 65, saying: ["one.txt"])
    }
  }

  @Suite struct SummaryAndBench {
    let sandbox = try! Sandbox()

    @Test func countsTheChaptersParameters() async throws {
      let table = try await sandbox.run(["summary"])
      expectSuccess(table)
      #expect(table.errors == "" && table.output.contains("758,226"))

      let outcome = try await sandbox.run(["summary", "--json", "--input", "224", "--batch-size", "2"])
      expectSuccess(outcome)
      let report = try object(outcome.output)
      #expect(report["parameters"] as? Int == 758_226)
      #expect(report["input_shape"] as? [Int] == [2, 1, 224, 224])
      let layers = try #require(report["layers"] as? [[String: Any]])
      #expect(layers.first?["output_shape"] as? [Int] == [2, 64, 112, 112])
      #expect(layers.last?["output_shape"] as? [Int] == [2, 10])
      #expect(layers.compactMap { $0["parameters"] as? Int }.reduce(0, +) == 758_226)
      #expect(layers.compactMap { $0["multiply_adds"] as? Int }.reduce(0, +) == report["multiply_adds"] as? Int)
    }

    @Test func timesTrainingSteps() async throws {
      let options = ["--size", "32", "--batch-size", "4", "--steps", "1", "--threads", "1"]
      let outcome = try await sandbox.run(
        ["bench", "train", "--model", "d2l", "--precision", "fp32", "--json"] + options)
      expectSuccess(outcome)
      let report = try object(outcome.output)
      #expect(report["model"] as? String == "d2l" && report["precision"] as? String == "fp32")
      #expect(report["batch_size"] as? Int == 4 && report["size"] as? Int == 32)
      #expect(report["threads"] as? Int == 1 && report["steps"] as? Int == 1)
      let measures = [
        "examples_per_second", "peak_memory_bytes", "gflops_per_second", "peak_gflops_per_second", "efficiency",
      ]
      for key in measures { #expect((report[key] as? Double).map { $0 > 0 } == true, "\(key)") }
    }
  }

  @Suite struct BenchMemoryAndProfile {
    let sandbox = try! Sandbox()

    func peak(_ options: [String]) async throws -> Double {
      let outcome = try await sandbox.run(["bench", "train", "--json"] + options)
      expectSuccess(outcome)
      return try #require(try object(outcome.output)["peak_memory_bytes"] as? Double)
    }

    @Test(arguments: [
      ["96", "16", "fp32"], ["48", "64", "bf16"], ["33", "7", "fp32"], ["128", "16", "bf16", "--memory-efficient"],
    ])
    func predictsThePeak(_ options: [String]) async throws {
      let shared = ["--batch-size", options[1], "--precision", options[2]] + options[3...]
      let outcome = try await sandbox.run(["summary", "--memory", "--json", "--input", options[0]] + shared)
      expectSuccess(outcome)
      let memory = try #require(try object(outcome.output)["memory"] as? [String: Any])
      let predicted = try #require(memory["peak_memory_bytes"] as? Double)
      let measured = try await peak(["--size", options[0], "--steps", "1"] + shared)
      #expect(abs(predicted / measured - 1) < 0.1, "predicted \(predicted), measured \(measured)")
      let table = try await sandbox.run(["summary", "--memory", "--input", options[0]] + shared)
      #expect(table.output.contains("predicted peak"))
    }

    @Test func stepsAddNoMemory() async throws {
      let options = ["--size", "32", "--batch-size", "8", "--steps"]
      let (few, many) = try await (peak(options + ["2"]), peak(options + ["400"]))
      #expect(many - few < 2e6, "\(few) bytes after 4 steps, \(many) after 402")
    }

    @Test func profilesAStep() async throws {
      let options = ["--size", "32", "--batch-size", "8", "--steps", "2", "--profile"]
      let outcome = try await sandbox.run(["bench", "train", "--json"] + options)
      expectSuccess(outcome)
      let report = try object(outcome.output)
      let lines = try #require(report["profile"] as? [[String: Any]])
      let shares = lines.compactMap { $0["share"] as? Double }
      #expect(shares.count == lines.count && abs(shares.reduce(0, +) - 1) < 1e-6)
      let layers = Set(lines.compactMap { $0["layer"] as? String })
      #expect(layers.isSuperset(of: ["stem", "1.net.0.2", "2.2", "7.net.3.2", "12", "all"]))
      #expect(lines.contains { $0["kernel"] as? String == "backward" && $0["efficiency"] as? Double ?? 0 > 0 })
      let table = try await sandbox.run(["bench", "train"] + options)
      #expect(table.output.contains("GB/s") && table.output.contains("the rest"))
    }
  }

  @Suite struct Help {
    let sandbox = try! Sandbox()

    static let options = [
      "train": [
        "--model <name or file.json>", "--dataset <name>", "--data-dir <folder>", "--resize <pixels>", "--epochs <n>",
        "--batch-size <n>", "--lr <x>", "--precision <name>", "--threads <n>", "--seed <n>",
        "--init, --weights <file>", "--no-shuffle", "--max-steps <n>", "--train-limit <n>", "--test-limit <n>",
        "--output <folder>", "--json", "--convolution <name>", "--memory-efficient",
        "--crop-padding <n>", "--flip [<flip>]", "--no-flip", "--rotation <degrees>", "--random-resized-crop <share>",
        "--color-jitter <b,c,s,h>", "--random-erasing <p>", "--cutout <n>", "--mixup <α>", "--cutmix <α>",
        "--mixup-switch-prob <p>", "--progressive <size:n,…>", "--normalize <name or",
        "--fit <name>", "--grey", "--val-share <share>", "--split-seed <n>", "--recipe <name>", "--accumulate <n>",
        "--optimizer <name>", "--momentum <x>", "--nesterov/--no-nesterov", "--weight-decay <x>",
        "--label-smoothing <x>", "--class-weights <name>", "--clip-norm <x>", "--ema <x>", "--patience <n>",
        "--schedule <name>", "--milestones <n,n,…>", "--lr-factor <x>", "--min-lr <x>", "--warmup-epochs <x>",
        "--one-cycle-rise <x>", "--freeze <part>", "--freeze-norm", "--features-lr-scale <x>",
        "--checkpoint-steps <n>", "--checkpoint-minutes <x>", "--keep-checkpoints <n>", "--resume", "--plot",
      ],
      "evaluate": ["--weights <file>", "--test-limit <n>", "--json", "--resize <pixels>", "--tta <name>"],
      "convert": ["--model <name or file.json>", "--json"],
      "predict": [
        "--weights <file>", "--model <name", "--resize <size>", "--crop <size>", "--top <n>",
        "--classes <file>", "--format <name>", "--json", "--features <file.safetensors>", "--cam <folder or file.png>",
        "--input-tensors <file.safetensors>", "--output-tensors <file.safetensors>", "--batch-size <n>",
        "--threads <n>", "--precision <name>",
      ],
      "summary": [
        "--model <name or file.json>", "--input <pixels>", "--batch-size <n>", "--memory", "--precision <name>",
        "--json",
      ],
      "bench train": [
        "--model <name or file.json>", "--size <pixels>", "--batch-size <n>", "--precision <name>", "--threads <n>",
        "--steps <n>",
        "--profile", "--memory-efficient", "--json",
      ],
    ]

    @Test(arguments: Array(options.keys).sorted())
    func explainsEveryOption(_ command: String) async throws {
      let words = command.split(separator: " ").map(String.init)
      let outcome = try await sandbox.run(words + ["--help"])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      #expect(try await sandbox.run(["help"] + words).output == outcome.output)
      for option in Self.options[command]! { #expect(outcome.output.contains("  \(option)"), "\(option)") }

      // Every option with a value says what it is where it is not given, unless it must be.
      let text = outcome.output.replacing(/\n {8,}/, with: " ")
      for line in text.split(separator: "\n") where line.contains(/^  --[a-z-]+ </) && !line.contains("--weights") {
        #expect(line.contains("default: ") || line.contains("Default: "), "\(line)")
      }
    }

    /// What holds in training alone says so.
    @Test(arguments: ["evaluate", "predict", "summary", "export"])
    func speaksOfItsOwnDefaults(_ command: String) async throws {
      let text = try await sandbox.run([command, "--help"]).output.replacing(/\s+/, with: " ")
      #expect(text.ranges(of: "recipe's").count == text.ranges(of: "in training the recipe's").count)
      #expect(!text.contains("to be split"))
      for option in command == "evaluate" ? ["--val-share", "--test-share", "--label-columns", "--group-column"] : [] {
        let help = try #require(text.firstMatch(of: try Regex(" \(option) <.+?Default: .+?(?= --[a-z]|$)")))
        #expect(text[help.range].contains("evaluate takes"), "\(text[help.range])")
      }
    }

    @Test func tellsItsVersion() async throws {
      let outcome = try await sandbox.run(["--version"])
      let lines = outcome.output.split(separator: "\n").map(String.init)
      #expect(outcome.status == 0 && lines.count == 3, "\(outcome)")
      #expect(lines.first == "densenet \(PackageVersion.current)")
      #expect(lines[1].hasPrefix("instruction sets: generic") && lines[1].ranges(of: " (in use)").count == 1)
      #expect(lines.last == "threads: \(Device.coreCount)")
      let other = try await sandbox.run(["--version"], environment: ["DENSENET_ISA": "generic"])
      #expect(other.output.contains("\ninstruction sets: generic (in use)"))
      let unknown = try await sandbox.run(["--version"], environment: ["DENSENET_ISA": "mmx"])
      #expect(unknown.status == 0 && unknown.output.contains("; DENSENET_ISA: expected one of "))
      #expect(try await sandbox.run(["--help"]).output.contains("Exit status"))
    }
  }
}
