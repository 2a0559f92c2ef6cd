import Foundation
import Testing

extension Command {
  /// Checkpoints of several sets of weights, and weights without a classifier, by `Scripts/fixtures/weights/make_wrapped_fixtures.py`.
  @Suite struct EntryTests {
    let sandbox = try! Sandbox()

    private func file(_ name: String) -> String {
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/wrapped/\(name).pth")
        .standardizedFileURL.path
    }

    @Test func everyCommandThatTakesWeightsTakesAnEntry() async throws {
      let weights = file("several/several-gan")
      for command in [
        ["summary", "--weights", weights], ["predict", "--weights", weights, "none.png"],
        ["export", "--weights", weights, "--output", "m.onnx"], ["convert", weights, "m.safetensors"],
        ["evaluate", "--weights", weights] + tinyData, tinyRun + ["--output", "run", "--init", weights],
      ] {
        expectFailure(
          try await sandbox.run(command), 65,
          saying: ["several-gan.pth", "generator, discriminator", "choose one of them (--entry)"])
        expectFailure(
          try await sandbox.run(command + ["--entry", "ema"]), 65,
          saying: ["expected an entry ema, found the entries generator, discriminator"])
      }
      expectSuccess(
        try await sandbox.run(["export", "--weights", weights, "--entry", "generator", "--output", "m.onnx"]))
      expectSuccess(try await sandbox.run(["convert", weights, "m.safetensors", "--entry", "discriminator"]))
      let summary = try await sandbox.run(["summary", "--weights", weights, "--entry", "generator", "--json"])
      expectSuccess(summary)
      #expect(try object(summary.output)["input_shape"] as? [Int] == [1, 1, 224, 224])
      expectFailure(try await sandbox.run(["summary", "--entry", "generator"]), 64, saying: ["--entry", "--weights"])
    }

    @Test func theChoiceIsANote() async throws {
      let outcome = try await sandbox.run(["summary", "--weights", file("entry/entry-timm")])
      expectSuccess(outcome)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("state_dict_ema was taken, an average of weights, not state_dict"))
    }

    /// A folder as timm leaves it; what is wrong in its config.json is said of that file.
    @Test(arguments: [
      (#"{"architecture":"resnet50"}"#, "the weights are those of a model \"resnet50\", expected a DenseNet"),
      (#"{"architecture":"densenet121","model_args":{"global_pool":"max"}}"#, "global_pool: expected \"avg\" or none"),
      (#"{"architecture":"densenet121","model_args":{"growth_rate":1000000000}}"#, "growth_rate: expected 1 to 1024"),
    ])
    func aFailureNamesConfigJSON(config: String, part: String) async throws {
      let folder = sandbox.url("timm")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let weights = URL(filePath: file("x")).deletingLastPathComponent()
        .appending(path: "../pytorch/timm/model.safetensors").standardizedFileURL
      try FileManager.default.copyItem(at: weights, to: folder.appending(path: "model.safetensors"))
      try Data(config.utf8).write(to: folder.appending(path: "config.json"))
      expectFailure(
        try await sandbox.run(["predict", "--weights", "timm", "none.png"]), 65, saying: ["timm/config.json: ", part])
    }

    @Test func featuresAloneNeedANewClassifier() async throws {
      let weights = file("features-only")
      expectFailure(
        try await sandbox.run(["predict", "--weights", weights, "none.png"]), 65,
        saying: ["it has no classifier", "densenet train --weights"])
      expectSuccess(try await sandbox.run(["convert", weights, "m.safetensors", "--num-classes", "4"]))
      expectSuccess(try await sandbox.run(["summary", "--weights", "m.safetensors"]))
    }
  }
}
