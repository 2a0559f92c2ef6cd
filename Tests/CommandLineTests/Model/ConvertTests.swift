import Foundation
import Testing

extension Command {
  @Suite struct Convert {
    let sandbox = try! Sandbox()

    @Test func weightsSurviveEveryFormat() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      let outcome = try await sandbox.run(["convert", "run", "w.pth", "--model", "d2l", "--json"])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      let report = try object(outcome.output)
      #expect(report["from"] as? String == "run" && report["to"] as? String == "w.pth")
      #expect(report["format"] as? String == "safetensors" && report["model"] as? String == "d2l")
      #expect(report["tensors"] as? Int == 147 && report["renamed"] as? Int == 0)
      #expect(report["num_classes"] as? Int == 10)

      let plain = try await sandbox.run(["convert", "w.pth", "back.safetensors"])
      expectSuccess(plain)
      #expect(plain.output == "" && plain.errorLines.count == 1)
      #expect(plain.errors.hasPrefix("densenet: w.pth: 147 tensors of "))
      #expect(plain.errors.hasSuffix(" from a PyTorch checkpoint; wrote back.safetensors\n"))
      let (back, run) = try (
        Data(contentsOf: sandbox.url("back.safetensors")), Data(contentsOf: sandbox.url("run/model.safetensors"))
      )
      #expect(back == run)

      var losses: [Double?] = []
      for weights in ["run", "w.pth", "back.safetensors"] {
        let outcome = try await sandbox.run(["evaluate", "--json", "--quiet", "--weights", weights] + tinyData)
        expectSuccess(outcome)
        losses.append(try object(outcome.output)["test_loss"] as? Double)
      }
      #expect(losses[0] != nil && losses[0] == losses[1] && losses[0] == losses[2])
      let again = ["--epochs", "1", "--train-limit", "16", "--max-steps", "1", "--output", "next", "--init", "w.pth"]
      expectSuccess(try await sandbox.run(["train"] + tinyData + again))
    }

    @Test func failuresAreOneLine() async throws {
      try Data("PK\u{3}\u{4} is not enough".utf8).write(to: sandbox.url("cut.pth"))
      for (arguments, status, part) in [
        (["absent.pth", "x.pth"], Int32(66), "no such file"), (["cut.pth", "x.pth"], 65, "zip archive is damaged"),
        (["cut.pth", "x"], 64, "found no extension"), (["cut.pth", "x.onnx"], 64, "found .onnx"),
        (["home", "x.pth"], 66, "found a folder without model.safetensors"), (["", "x.pth"], 64, "expected a path"),
      ] {
        expectFailure(try await sandbox.run(["convert"] + arguments), status, saying: [part])
      }
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      for (arguments, status, part) in [
        (["no/x.pth"], Int32(74), "check that the folder exists"),
        (["x.pth", "--model", "densenet121"], 65, "missing"),
        (["folder.pth"], 74, "found a folder; name a file"),
      ] {
        try FileManager.default.createDirectory(at: sandbox.url("folder.pth"), withIntermediateDirectories: true)
        expectFailure(try await sandbox.run(["convert", "run"] + arguments), status, saying: [part])
      }
      #expect(sandbox.names(in: ".") == ["cut.pth", "folder.pth", "home", "logs", "run"])
      #expect(sandbox.names(in: "folder.pth") == [])
    }
  }
}
