import Foundation
import Testing

extension Command {
  @Suite struct Quantize {
    let sandbox = try! Sandbox()

    private func run(_ words: [String], _ more: [String] = []) async throws -> Outcome {
      try await sandbox.run(words + more)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: sandbox.url(path).path) }

    /// From training to bytes, and on to every command that computes with them.
    @Test func bytesServeLikeOtherWeights() async throws {
      expectSuccess(try await sandbox.run(tinyRun + ["--output", "run", "--quiet"]))
      let weights = ["run/model.safetensors"]
      let quantize = ["quantize"] + weights + ["--calibrate", "fashion-mnist-sample", "--images", "40"]
      let outcome = try await run(quantize, ["--output", "int8.safetensors", "--json", "--quiet"])
      expectSuccess(outcome)
      let report = try object(outcome.output)
      #expect(report["images"] as? Int == 40 && report["model"] as? String == "d2l")
      #expect(try #require(report["cosine"] as? Double) > 0.99)
      // The same bytes again, with any number of threads.
      expectSuccess(try await run(quantize, ["--output", "again.safetensors", "--threads", "1", "--quiet"]))
      let bytes = try Data(contentsOf: sandbox.url("int8.safetensors"))
      #expect(try Data(contentsOf: sandbox.url("again.safetensors")) == bytes)
      let full = try Data(contentsOf: sandbox.url("run/model.safetensors"))
      #expect(bytes.count < full.count / 3)

      func accuracy(_ weights: String, _ more: [String] = []) async throws -> Double {
        let outcome = try await run(["evaluate", "--weights", weights, "--json", "--quiet"] + tinyData, more)
        expectSuccess(outcome)
        return try #require(try object(outcome.output)["test_loss"] as? Double)
      }
      let exact = try await accuracy("run/model.safetensors")
      let rounded = try await accuracy("int8.safetensors")
      #expect(rounded != exact && abs(rounded - exact) < 0.05 * exact)
      #expect(try await accuracy("int8.safetensors", ["--precision", "int8", "--threads", "1"]) == rounded)
      // The numbers that the bytes stand for are others than those they were made from.
      let numbers = try await accuracy("int8.safetensors", ["--precision", "fp32"])
      #expect(numbers != exact && numbers != rounded)

      let bench = try await run([
        "bench", "predict", "--weights", "int8.safetensors", "--size", "32", "--steps", "1", "--json",
      ])
      #expect(try object(bench.output)["precision"] as? String == "int8")
      expectSuccess(try await run(["convert", "int8.safetensors", "numbers.pth"]))
      #expect(try await accuracy("numbers.pth") == numbers)
      expectSuccess(try await run(["export", "--weights", "int8.safetensors", "--output", "int8.onnx"]))

      expectFailure(
        try await run(["evaluate", "--weights", "run/model.safetensors", "--precision", "int8"] + tinyData), 65,
        saying: ["run/model.safetensors", "quantize them first", "--precision"])
      expectFailure(
        try await run([
          "quantize", "int8.safetensors", "--calibrate", "fashion-mnist-sample", "--output", "b.safetensors",
        ]),
        65, saying: ["int8.safetensors", "found quantized ones"])
    }

    @Test func whatCannotBeDoneIsSaidInALine() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 4, "b": 4])
      expectSuccess(
        try await sandbox.run(tinyPhotoRun + ["--dataset", "folder:photos", "--max-steps", "1", "--output", "run"]))
      let quantize = ["quantize", "run/model.safetensors", "--quiet"]
      let output = ["--output", "int8.safetensors"]
      expectFailure(
        try await run(quantize, ["--calibrate", "nowhere"] + output), 66,
        saying: ["nowhere: no such file", "--calibrate"])
      expectFailure(
        try await run(quantize, ["--calibrate", "folder:nowhere"] + output), 66, saying: ["nowhere: no such folder"])
      try sandbox.write(Data("text".utf8), to: "text/a.txt")
      expectFailure(try await run(quantize, ["--calibrate", "text"] + output), 66, saying: ["text", "images"])
      expectFailure(
        try await run(quantize, ["--calibrate", "photos", "--output", "int8.pth"]), 64,
        saying: ["--output", ".safetensors"])
      expectFailure(
        try await run(quantize, ["--calibrate", "photos", "--output", "no/int8.safetensors"]), 74,
        saying: ["no/int8.safetensors", "check that the folder exists"])
      expectFailure(
        try await run(quantize, ["--calibrate", "photos", "--output", "run/model.safetensors"]), 64,
        saying: ["run/model.safetensors", "--output"])
      #expect(!exists("int8.safetensors"))

      // Of a table, the column of paths alone is looked at, and rows for training.
      try sandbox.write(Data("path,split\na/0.png,train\na/1.png,train\nb/9.png,val\n".utf8), to: "photos/t.csv")
      let table = try await run(quantize, ["--calibrate", "csv:photos/t.csv", "--json"] + output)
      expectSuccess(table)
      #expect(try object(table.output)["images"] as? Int == 2)

      // A damaged image is named and left out.
      try sandbox.write(Data([0xff, 0xd8, 0xff]), to: "photos/a/bad.jpg")
      let outcome = try await run(quantize, ["--calibrate", "photos"] + output)
      #expect(outcome.status == 65 && outcome.errors.contains("bad.jpg"), "\(outcome.errors)")
      #expect(exists("int8.safetensors"))
      expectSuccess(try await run(["predict", "--weights", "int8.safetensors", "photos/a/0.png", "--json"]))
    }
  }
}
