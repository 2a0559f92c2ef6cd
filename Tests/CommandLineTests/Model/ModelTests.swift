import Foundation
import Testing

extension Command {
  /// Which network a command works on: by name, by file, by its numbers.
  @Suite struct Model {
    let sandbox = try! Sandbox()

    func summary(_ options: [String]) async throws -> [String: Any] {
      let outcome = try await sandbox.run(["summary", "--json"] + options)
      expectSuccess(outcome)
      return try object(outcome.output)
    }

    @Test(arguments: [
      ("d2l", 758_226, [1, 1, 96, 96]), ("densenet121", 7_978_856, [1, 3, 224, 224]),
      ("densenet264", 33_337_704, [1, 3, 224, 224]), ("densenet-40-12", 1_019_722, [1, 3, 32, 32]),
      ("densenet-bc-100-12", 769_162, [1, 3, 32, 32]),
    ])
    func hasAName(_ name: String, _ parameters: Int, _ shape: [Int]) async throws {
      let report = try await summary(["--model", name])
      #expect(report["model"] as? String == name)
      #expect(report["parameters"] as? Int == parameters)
      #expect(report["input_shape"] as? [Int] == shape)
      let layers = try #require(report["layers"] as? [[String: Any]])
      #expect(layers.compactMap { $0["parameters"] as? Int }.reduce(0, +) == parameters)
    }

    @Test func isMadeFromAFile() async throws {
      try Data(#"{"growth_rate": 12, "block_layers": [2, 3], "num_classes": 7}"#.utf8).write(
        to: sandbox.url("own.json"))
      let report = try await summary(["--model", "own.json"])
      #expect(report["model"] as? String == "own")
      let layers = try #require(report["layers"] as? [[String: Any]])
      #expect(layers.last?["output_shape"] as? [Int] == [1, 7])
      #expect(layers.filter { ($0["name"] as? String)?.hasSuffix(".conv1") == true }.count == 5)
      try Data("{}".utf8).write(to: sandbox.url("empty.json"))
      #expect(try await summary(["--model", "empty.json"])["parameters"] as? Int == 7_978_856)
    }

    @Test(arguments: [
      (["--num-classes", "10", "--channels", "1"], 6_957_834), (["--block-layers", "6,12,32,32"], 14_149_480),
      (["--growth-rate", "48", "--block-layers", "6,12,36,24"], 28_681_000),
      (["--block-layers", "6,12,24,16", "--initial-features", "64", "--bottleneck-width", "4"], 7_978_856),
      (["--drop-rate", "0.2"], 7_978_856),
    ])
    func changesByItsNumbers(_ options: [String], _ parameters: Int) async throws {
      #expect(try await summary(["--model", "densenet121"] + options)["parameters"] as? Int == parameters)
    }

    @Test func losesBottlenecksAndCompression() async throws {
      let plain = ["--bottleneck-width", "0", "--compression", "1", "--block-layers", "12,12,12"]
      let report = try await summary(["--model", "densenet-bc-40-12", "--initial-features", "16"] + plain)
      #expect(report["parameters"] as? Int == 1_019_722)
    }

    static let refused = [
      refusal(["--model", "none.json"], ["none.json: no such file", "--model"], status: 66),
      refusal(["--model", "cut.json"], ["cut.json: invalid network configuration"], status: 65),
      refusal(["--model", "key.json"], ["key.json", "unknown setting \"growth\""], status: 65),
      refusal(["--model", "kind.json"], ["kind.json", "block_layers: expected"], status: 65),
      refusal(["--model", "range.json"], ["range.json", "growth_rate: expected 1 to 1024, found 2000"], status: 65),
      refusal(["--model", "densenet122"], ["--model", "densenet121", "found \"densenet122\""]),
      refusal(["--model", "densenet-41-12"], ["--model", "3n + 4", "found 41"]),
      refusal(["--model", ""], ["--model", "densenet121"]),
      refusal(["--growth-rate", "0"], ["--growth-rate"]),
      refusal(["--growth-rate", "5000"], ["growth_rate", "5000"]),
      refusal(["--compression", "nan"], ["compression"]), refusal(["--compression", "1e300"], ["compression"]),
      refusal(["--block-layers", "6,,3"], ["--block-layers", "6,12,24,16"]),
      refusal(["--block-layers", ""], ["--block-layers"]),
      refusal(["--block-layers", "0"], ["--block-layers"]),
      refusal(["--compression", "1.5"], ["compression", "found 1.5"]),
      refusal(["--compression", "0.001"], ["channels after transition 1", "found 0"]),
      refusal(["--transition-pool", "min"], ["--transition-pool", "average", "max"]),
      refusal(["--drop-rate", "1"], ["drop_rate", "found 1"]),
      refusal(["--drop-rate", "nan"], ["drop_rate"]),
      refusal(["--bottleneck-width=-1"], ["bottleneck_width", "found -1"]),
      refusal(["--initial-features", "0"], ["--initial-features"]),
    ]

    static func refusal(_ options: [String], _ parts: [String], status: Int32 = 64) -> BadOptions.Case {
      BadOptions.Case(arguments: ["summary", "--json"] + options, parts: parts, status: status)
    }

    @Test(arguments: refused)
    func refusesWhatIsNone(_ test: BadOptions.Case) async throws {
      let files = [
        "cut.json": #"{"growth_rate": 12"#, "key.json": #"{"growth": 12}"#, "kind.json": #"{"block_layers": "6"}"#,
        "range.json": #"{"growth_rate": 2000}"#,
      ]
      for (name, text) in files { try Data(text.utf8).write(to: sandbox.url(name)) }
      expectFailure(try await sandbox.run(test.arguments), test.status, saying: test.parts)
    }

    /// The weights say which network they are of.
    @Test func travelsWithTheWeights() async throws {
      let options = ["--model", "densenet-bc-16-6", "--block-layers", "1,2"]
      expectSuccess(try await sandbox.run(oneStep + options + ["--output", "run"]))
      let outcome = try await sandbox.run(["evaluate", "--weights", "run/model.safetensors", "--json"] + tinyData)
      expectSuccess(outcome)
      let (report, run) = try (object(outcome.output), sandbox.json("run/summary.json"))
      // Inference folds batch norms into convolutions, which rounds elsewhere than training's own test does.
      let (a, b) = try (#require(report["test_loss"] as? Double), #require(run["test_loss"] as? Double))
      #expect(abs(a - b) < 1e-6 * b)
    }

    /// Recomputation changes no bit of the weights.
    @Test(arguments: ["fp32", "bf16"])
    func recomputationKeepsTheWeights(_ precision: String) async throws {
      let step = oneStep + ["--model", "densenet-bc-16-6", "--seed", "3", "--precision", precision]
      for (name, options) in ["kept": [], "again": ["--memory-efficient"]] {
        expectSuccess(try await sandbox.run(step + ["--output", name] + options))
      }
      let files = try ["kept", "again"].map { try Data(contentsOf: sandbox.url("\($0)/model.safetensors")) }
      #expect(files[0] == files[1])
    }
  }
}
