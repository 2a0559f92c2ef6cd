import Foundation
import Testing

extension Command {
  /// What export and convert do not write over.
  @Suite struct OverwriteTests {
    let sandbox = try! Sandbox()

    @Test func nothingElseIsWrittenOver() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      let weights = "run/model.safetensors"
      expectSuccess(try await sandbox.run(["convert", weights, "w.pth"]))
      let kept = try Data(contentsOf: sandbox.url("w.pth"))
      try FileManager.default.copyItem(at: sandbox.url("w.pth"), to: sandbox.url("really.onnx"))
      try FileManager.default.copyItem(at: sandbox.url("w.pth"), to: sandbox.url("really.safetensors"))
      try Data("notes".utf8).write(to: sandbox.url("notes.onnx"))
      try FileManager.default.createSymbolicLink(atPath: sandbox.url("link.onnx").path, withDestinationPath: "w.pth")
      try FileManager.default.createSymbolicLink(atPath: sandbox.url("same.pth").path, withDestinationPath: "w.pth")
      try FileManager.default.createDirectory(at: sandbox.url("folder.onnx"), withIntermediateDirectories: true)
      func export(_ output: String) -> [String] { ["export", "--weights", weights, "--output", output] }
      for (command, status, parts) in [
        (export("w.pth"), 64, ["w.pth: expected a name in .onnx, found .pth"]),
        (export("w"), 64, ["expected a name in .onnx, found no extension"]),
        (export("m.safetensors"), 64, ["found .safetensors"]), (export("m.pb"), 64, ["found .pb"]),
        (export("really.onnx"), 64, ["found a PyTorch checkpoint", "--force"]),
        (export("notes.onnx"), 64, ["found text, not weights: notes", "--force"]),
        (export("link.onnx"), 64, ["found a PyTorch checkpoint", "--force"]),
        (export("folder.onnx"), 74, ["found a folder"]),
        (["convert", weights, "really.safetensors"], 64, ["found a PyTorch checkpoint", "--force"]),
        (["convert", "w.pth", "w.pth"], 64, ["expected a file other than the weights that are read"]),
        (["convert", "w.pth", "same.pth", "--force"], 64, ["expected a file other than the weights that are read"]),
        (["convert", "run", weights], 64, ["expected a file other than the weights that are read"]),
      ] as [([String], Int32, [String])] {
        expectFailure(try await sandbox.run(command), status, saying: parts)
      }
      #expect(try await !sandbox.run(["convert", "w.pth", "w.pth"]).errors.contains("--output"))
      #expect(try Data(contentsOf: sandbox.url("w.pth")) == kept)
      expectSuccess(try await sandbox.run(export("really.onnx") + ["--force"]))
      expectSuccess(try await sandbox.run(export("really.onnx")))
      expectSuccess(try await sandbox.run(["convert", weights, "w.pth"]))
    }

    /// Results in the place of what they are made from.
    @Test func inputsAreKept() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      try sandbox.add(["a.png": "png/sequential/rgb.png"])
      try FileManager.default.copyItem(
        at: sandbox.url("run/model.safetensors"), to: sandbox.url("w.safetensors"))
      try FileManager.default.copyItem(at: sandbox.url("a.png"), to: sandbox.url("b.png"))
      for name in ["cat", "dog"] {
        try FileManager.default.createDirectory(at: sandbox.url("pets/\(name)"), withIntermediateDirectories: true)
        for number in 1...3 {
          try FileManager.default.copyItem(at: sandbox.url("a.png"), to: sandbox.url("pets/\(name)/\(number).png"))
        }
      }
      let kept = try Data(contentsOf: sandbox.url("w.safetensors"))
      let predict = ["predict", "--weights", "w.safetensors"]
      let train = ["train", "--dataset", "folder:pets", "--resize", "32", "--max-steps", "1"]
      for (command, parts) in [
        (predict + ["a.png", "--features", "w.safetensors"], ["other than those that are read", "(--features)"]),
        (
          predict + ["--input-tensors", "w.safetensors", "--output-tensors", "w.safetensors"],
          ["other than those that are read", "(--output-tensors)"]
        ),
        (train + ["--output", "pets"], ["outside that of the class folders", "(--output)"]),
        (train + ["--output", "pets/run"], ["outside that of the class folders"]),
        (
          ["evaluate", "--weights", "w.safetensors", "--dataset", "folder:pets", "--output", "pets/new"],
          ["outside that of the class folders"]
        ),
      ] {
        expectFailure(try await sandbox.run(command), 64, saying: parts)
      }
      #expect(try Data(contentsOf: sandbox.url("w.safetensors")) == kept)
      #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.url("pets").path).sorted() == ["cat", "dog"])
    }
  }
}
