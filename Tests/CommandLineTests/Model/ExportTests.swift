import Foundation
import Testing

extension Command {
  @Suite struct ExportTests {
    /// A sandbox with the weights of a run of one step.
    private func trained() async throws -> Sandbox {
      let sandbox = try Sandbox()
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      return sandbox
    }

    @Test func exportedNetworkAnswersAsItsWeightsDo() async throws {
      let sandbox = try await trained()
      let export = try await sandbox.run(["export", "--weights", "run/model.safetensors", "--output", "d2l.onnx"])
      expectSuccess(export)
      #expect(export.output == "")
      #expect(export.errors == "densenet: wrote d2l.onnx: ONNX, opset 17, d2l, input [any, 1, 32, 32]\n")

      var results: [[String: Any]] = []
      for file in ["run/model.safetensors", "d2l.onnx"] {
        let outcome = try await sandbox.run(["evaluate", "--weights", file, "--quiet", "--json"] + tinyData)
        expectSuccess(outcome)
        results.append(try object(outcome.output))
      }
      #expect(results[0]["test_loss"] as? Double == results[1]["test_loss"] as? Double)
      #expect(results[0]["test_accuracy"] as? Double == results[1]["test_accuracy"] as? Double)
    }

    @Test func jsonSaysWhatWasWritten() async throws {
      let sandbox = try await trained()
      let outcome = try await sandbox.run([
        "export", "--weights", "run/model.safetensors", "--output", "m.onnx", "--format", "onnx", "--input-size", "any",
        "--json",
      ])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      let report = try object(outcome.output)
      #expect(report["opset"] as? Int == 17)
      #expect(report["num_classes"] as? Int == 10)
      #expect(report["parameters"] as? Int == 758_226)
      #expect((report["input_shape"] as? [Any])?.map { $0 as? Int } == [nil, 1, nil, nil])
      #expect(report["bytes"] as? Int == (try Data(contentsOf: sandbox.url("m.onnx"))).count)
    }

    @Test func whatCannotBeExportedIsRefused() async throws {
      let sandbox = try await trained()
      func export(_ arguments: String...) async throws -> Outcome {
        try await sandbox.run(["export", "--output", "m.onnx"] + arguments)
      }
      let weights = "run/model.safetensors"
      expectFailure(try await export("--weights", "none.safetensors"), 66, saying: ["none.safetensors: no such file"])
      expectFailure(
        try await export("--weights", weights, "--model", "densenet121"), 65, saying: ["do not fit the network"])
      expectFailure(
        try await export("--weights", weights, "--input-size", "16"), 64,
        saying: ["expected at least 29 pixels", "(--input-size)"])
      for size in ["0", "-1", "x", "100000"] {
        expectFailure(
          try await export("--weights", weights, "--input-size=\(size)"), 64, saying: ["expected a number of pixels"])
      }
      expectFailure(try await export("--weights", weights, "--format", "pdf"), 64, saying: ["pdf"])
      #expect(sandbox.names(in: "")?.contains("m.onnx") == false)
    }
  }
}
