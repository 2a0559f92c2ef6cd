import Foundation
import Testing

extension Command {
  @Suite struct Predict {
    let sandbox = try! Sandbox()
    let predict = ["predict", "--weights", "run/model.safetensors", "--quiet"]

    /// Weights of one training step at 32×32, which carry Fashion-MNIST's classes and their preprocessing.
    func train() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      try sandbox.add([
        "a.png": "png/sequential/rgb.png", "b.jpg": "jpeg/grey.jpg", "more/c d.jpeg": "jpeg/cmyk.jpg",
        "more/deep/e.PNG": "png/one_pixel.png",
      ])
    }

    private func files(_ predictions: [[String: Any]]) -> [String] { predictions.compactMap { $0["file"] as? String } }

    /// The last column of a CSV.
    private func probabilities(_ outcome: Outcome) -> [Substring] {
      outcome.output.split(separator: "\n").map { $0.split(separator: ",").last ?? "" }
    }

    private func predictions(_ outcome: Outcome) throws -> [[String: Any]] {
      try #require(try object(outcome.output)["predictions"] as? [[String: Any]])
    }

    @Test func printsJSON() async throws {
      try await train()
      let outcome = try await sandbox.run(predict + ["more", "a.png", "--format", "json", "--top", "3"])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      let report = try object(outcome.output)
      #expect(Set(report.keys) == ["predictions", "skipped"])
      #expect((report["skipped"] as? [Any])?.count == 0)
      let found = try predictions(outcome)
      #expect(files(found) == ["more/c d.jpeg", "more/deep/e.PNG", "a.png"])
      for prediction in found {
        let top = try #require(prediction["top"] as? [[String: Any]])
        #expect(top.count == 3)
        for entry in top { #expect(Set(entry.keys) == ["class", "index", "probability"]) }
        let probabilities = top.compactMap { $0["probability"] as? Double }
        #expect(probabilities == probabilities.sorted(by: >))
        #expect(probabilities.reduce(0, +) <= 1)
      }
      let same = try await sandbox.run(predict + ["more", "a.png", "--json", "--top", "3", "--batch-size", "1"])
      let (one, other) = (try predictions(same), found)
      #expect(files(one) == files(other))
      let all = try await sandbox.run(predict + ["a.png", "--json", "--top", "1000"])
      let top = try #require(try predictions(all).first?["top"] as? [[String: Any]])
      let names = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
      ]
      #expect(top.count == 10)
      for entry in top { #expect(entry["class"] as? String == names[try #require(entry["index"] as? Int)]) }
      #expect(abs(top.compactMap { $0["probability"] as? Double }.reduce(0, +) - 1) < 1e-9)
    }

    @Test func printsTablesAndCSV() async throws {
      try await train()
      let table = try await sandbox.run(predict + ["a.png", "b.jpg"])
      expectSuccess(table)
      let lines = table.output.split(separator: "\n")
      #expect(lines.count == 12)
      #expect(lines[0].hasPrefix("file") && lines[2].hasPrefix("a.png"))
      #expect(lines[2].contains(/\ 1  .+  \d+\.\d\d%$/))
      #expect(lines[7].hasPrefix("b.jpg"))

      try sandbox.add(["odd, \"name\".png": "png/sequential/rgb.png"])
      try sandbox.write(
        Data((["one, two", "\"three\""] + (3...10).map(String.init)).joined(separator: "\n").utf8), to: "c")
      let options = ["--format", "csv", "--top", "10", "--classes", "c", "--batch-size", "1"]
      let csv = try await sandbox.run(predict + ["odd, \"name\".png"] + options)
      expectSuccess(csv)
      let rows = csv.output.split(separator: "\n")
      #expect(rows[0] == "file,rank,class,index,probability" && rows.count == 11)
      #expect(rows[1].hasPrefix("\"odd, \"\"name\"\".png\",1,"))
      for part in [",\"one, two\",0,", ",\"\"\"three\"\"\",1,"] { #expect(csv.output.contains(part)) }
    }

    @Test func leavesOutBadImages() async throws {
      try await train()
      try sandbox.write(try Images.data("png/sequential/rgb.png").dropLast(40), to: "cut.png")
      try sandbox.write(Data("hello".utf8), to: "text.jpg")
      let one = try await sandbox.run(predict + ["cut.png", "--json"])
      #expect(one.status == 65 && one.errorLines.count == 1 && one.errors.contains("cut.png: the file is truncated"))
      #expect(try predictions(one).isEmpty)
      expectFailure(try await sandbox.run(predict + ["absent.png"]), 66, saying: ["absent.png: no such file"])

      let some = try await sandbox.run(predict + ["cut.png", "a.png", "text.jpg", "b.jpg", "--json"])
      #expect(some.status == 65 && some.errorLines.count == 3)
      #expect(some.errorLines.last == "densenet: left out 2 of 4 images and folders, named above")
      #expect(files(try predictions(some)) == ["a.png", "b.jpg"])
      let skipped = try #require(try object(some.output)["skipped"] as? [[String: String]])
      #expect(skipped.map { $0["file"] } == ["cut.png", "text.jpg"])
      #expect(skipped[1]["reason"]?.hasPrefix("expected a JPEG, PNG, WebP, BMP, GIF or TIFF image") == true)

      let missing = try await sandbox.run(predict + ["cut.png", "a.png", "absent.jpg", "run"])
      #expect(missing.status == 66 && missing.errors.contains("run: expected JPEG, PNG, WebP, BMP, GIF or TIFF images"))
      #expect(missing.output.contains("a.png"))
    }

    @Test func writesFeaturesAndHeatMaps() async throws {
      try await train()
      let outputs = ["--features", "f.safetensors", "--cam", "maps", "--json"]
      let outcome = try await sandbox.run(predict + ["a.png", "b.jpg", "more"] + outputs)
      expectSuccess(outcome)
      // Of 32×32 pixels the last map has one; of 96×96 there are nine, and something to see.
      #expect(outcome.errors.hasPrefix("densenet: warning: the last feature map has a single pixel"))
      #expect(outcome.errors.contains("use larger images (--resize)"))
      #expect(outcome.errorLines.count == 1)
      let large = try await sandbox.run(predict + ["a.png", "--resize", "96", "--cam", "large.png"])
      #expect(large.status == 0 && large.errors == "")
      let file = try TensorFile(Data(contentsOf: sandbox.url("f.safetensors")))
      #expect(file.tensors["features"]?.shape == [4, 248])
      for value in file.tensors["features"]?.values ?? [] { #expect(value.isFinite && value >= 0) }
      #expect(file.metadata["files"] == #"["a.png","b.jpg","more/c d.jpeg","more/deep/e.PNG"]"#)
      #expect(sandbox.names(in: "maps") == ["a.cam.png", "b.cam.png", "c d.cam.png", "e.cam.png"])
      let map = try Data(contentsOf: sandbox.url("maps/a.cam.png"))
      #expect(map.starts(with: [0x89, 0x50, 0x4e, 0x47]))
      #expect(try Data(contentsOf: sandbox.url("large.png")) != map)
      // 23×17, as the image.
      #expect(Array(map[16..<24]) == [0, 0, 0, 23, 0, 0, 0, 17])

      try sandbox.add(["more/a.png": "png/sequential/rgba.png"])
      expectSuccess(try await sandbox.run(predict + ["a.png", "more", "--cam", "maps2"]))
      #expect(sandbox.names(in: "maps2")?.contains("a-2.cam.png") == true)
      expectSuccess(try await sandbox.run(predict + ["a.png", "--cam", "one.png"]))
      #expect(try Data(contentsOf: sandbox.url("one.png")) == map)

      let image = try Data(contentsOf: sandbox.url("a.png"))
      let cases = [
        (["a.png", "--cam", "a.png"], "would overwrite"), (["a.png", "b.jpg", "--cam", "x.png"], "name a folder"),
      ]
      for (arguments, part) in cases {
        expectFailure(try await sandbox.run(predict + arguments), 64, saying: ["--cam", part])
      }
      #expect(try Data(contentsOf: sandbox.url("a.png")) == image)
    }

    /// An image of one pixel, squashed to 32×32, is a constant: both ways to the same answer.
    @Test func agreesWithTensors() async throws {
      try await train()
      let csv = try await sandbox.run(
        predict + ["more/deep/e.PNG", "--format", "csv", "--top", "10", "--mean", "0.25"])
      let pixel = try await sandbox.run(predict + ["more/deep/e.PNG", "--format", "csv", "--top", "10"])
      #expect(csv.status == 0 && csv.output != pixel.output)
      var input = TensorFile()
      // The fixture's pixel in grey.
      let probe = try await greyOfPixel()
      input.tensors["input"] = ([3, 1, 32, 32], [Float](repeating: Float(probe) / 255, count: 3 * 1024))
      try sandbox.write(input.serialized(), to: "in.safetensors")
      let options = ["--input-tensors", "in.safetensors", "--output-tensors", "out.safetensors", "--batch-size", "2"]
      let outcome = try await sandbox.run(predict + options)
      expectSuccess(outcome)
      #expect(outcome.output == "")
      let logits = try #require(try TensorFile(Data(contentsOf: sandbox.url("out.safetensors"))).tensors["logits"])
      #expect(logits.shape == [3, 10])
      let row = logits.values.prefix(10).map { exp(Double($0)) }
      for line in pixel.output.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: ",")
        let expected = row[Int(fields[3])!] / row.reduce(0, +)
        #expect(abs(Double(fields[4])! - expected) < 1e-5)
      }
    }

    /// The fixture `expected.bin` has of each image its name, its height and width, and its pixels in colour and in grey.
    private func greyOfPixel() async throws -> UInt8 {
      let data = try Images.data("expected.bin")
      let name = try #require(data.range(of: Data("png/one_pixel.png".utf8)))
      // Height and width, and the pixel in colour.
      return data[name.upperBound + 4 + 3]
    }

    @Test func refusesTensorsThatDoNotFit() async throws {
      try await train()
      let good = ([2, 1, 32, 32], [Float](repeating: 0, count: 2048))
      let cases: [(String, ([Int], [Float]), String)] = [
        ("other", good, "expected a tensor input"),
        ("input", ([2, 3, 32, 32], .init(repeating: 0, count: 6144)), "[N, 1, H, W]"),
        ("input", ([2048], good.1), "found [2048]"), ("input", ([32, 1, 8, 8], good.1), "at least"),
        ("input", ([2, 1, 32, 32], .init(repeating: .nan, count: 2048)), "finite"),
      ]
      for (name, tensor, part) in cases {
        var file = TensorFile()
        file.tensors[name] = tensor
        try sandbox.write(file.serialized(), to: "in.safetensors")
        let options = ["--input-tensors", "in.safetensors", "--output-tensors", "out.safetensors"]
        expectFailure(try await sandbox.run(predict + options), 65, saying: ["in.safetensors", part])
      }
      #expect(sandbox.names(in: ".")?.contains("out.safetensors") == false)
    }

    @Test func refusesWrongUsage() async throws {
      try await train()
      let cases: [([String], Int32, [String])] = [
        ([], 64, ["expected images or folders"]),
        (["a.png", "--input-tensors", "x", "--output-tensors", "y.pth"], 64, ["found both"]),
        (["--input-tensors", "x"], 64, ["expected --output-tensors too"]),
        (["--output-tensors", "x"], 64, ["expected --input-tensors too"]),
        (["--input-tensors", "x", "--output-tensors", "y.txt"], 64, ["y.txt", ".safetensors"]),
        (["--input-tensors", "x", "--output-tensors", "y.pth"], 66, ["x: no such file"]),
        (["a.png", "--json", "--format", "csv"], 64, ["--json and --format csv"]),
        (["a.png", "--top", "0"], 64, ["--top"]), (["a.png", "--format", "xml"], 64, ["--format", "'xml'"]),
        (["a.png", "--resize", "0"], 64, ["--resize", "sides of 1 to 8192"]),
        (["a.png", "--resize", "short:x"], 64, ["--resize", "after short:"]),
        (["a.png", "--resize", "8"], 64, ["--resize", "at least", "found 8"]),
        (["a.png", "--crop", "3x"], 64, ["--crop"]),
        (["a.png", "--std", "0"], 64, ["std: expected numbers of at least"]),
        (["a.png", "--mean", "1,2"], 64, ["mean: expected 1 numbers"]),
        (["a.png", "--interpolation", "cubic"], 64, ["--interpolation", "bicubic"]),
        (["a.png", "--features", "f.txt"], 64, ["f.txt", ".safetensors"]),
        (["a.png", "--classes", "absent"], 66, ["absent: no such file"]),
        (["a.png", "--classes", "a.png"], 65, ["a.png: expected UTF-8 text"]),
        (["a.png", "--weights", "absent"], 66, ["absent: no such file"]),
        (["a.png", "--model", "densenet121"], 65, ["model.safetensors"]),
      ]
      for (arguments, status, parts) in cases {
        let base = arguments.contains("--weights") ? ["predict"] : predict
        expectFailure(try await sandbox.run(base + arguments), status, saying: parts)
      }
      try sandbox.write(Data("one\ntwo\n".utf8), to: "two")
      expectFailure(
        try await sandbox.run(predict + ["a.png", "--classes", "two"]), 65,
        saying: ["two: expected 10 classes", "found 2"])
    }

    @Test func takesWhatTheWeightsSay() async throws {
      try await train()
      let file = try TensorFile(Data(contentsOf: sandbox.url("run/model.safetensors")))
      #expect(
        file.metadata["preprocessing"]
          == #"{"inputChannels":1,"interpolation":"bilinear","mean":[0],"resize":{"exact":[32,32]},"std":[1]}"#)
      let given = try await sandbox.run(predict + ["a.png", "--format", "csv"])
      func answer(_ change: (inout [String: String]) -> Void, _ options: [String] = []) async throws -> Outcome {
        var changed = file
        change(&changed.metadata)
        try sandbox.write(changed.serialized(), to: "w.safetensors")
        return try await sandbox.run(
          ["predict", "--weights", "w.safetensors", "--quiet", "a.png", "--format", "csv"] + options)
      }
      // Without, the chapter's 96×96 and numbers.
      let plain = try await answer { $0 = [:] }
      let resized = try await answer({ $0 = [:] }, ["--resize", "32"])
      expectSuccess(plain)
      #expect(plain.output != given.output)
      #expect(plain.output.contains(/a.png,1,(\d),\1,/))
      #expect(probabilities(resized) == probabilities(given))
      expectFailure(
        try await answer { $0["preprocessing"] = #"{"inputChannels":1,"crop":[0,5]}"# }, 65,
        saying: ["w.safetensors: preprocessing: crop: expected sides"])
      expectFailure(
        try await answer { $0["preprocessing"] = #"{"inputChannels":3}"# }, 65,
        saying: ["yields 3 channels, expected 1"]
      )
      expectFailure(
        try await answer { $0["preprocessing"] = "[]" }, 65, saying: ["w.safetensors", "preprocessing cannot be read"])
      expectFailure(
        try await answer { $0["class_names"] = #"["a","b"]"# }, 65, saying: ["names 2 classes, expected 10"])
      // Images of several sizes, each as it is, but for those that are too small.
      try sandbox.add(["small.png": "png/one_pixel.png"])
      let kept = try await sandbox.run(
        predict + ["a.png", "small.png", "b.jpg", "--resize", "short:40", "--format", "csv", "--top", "1"])
      expectSuccess(kept)
      #expect(kept.output.split(separator: "\n").count == 4)
      let small = try await sandbox.run(predict + ["a.png", "small.png", "--resize", "none", "--json"])
      #expect(small.status == 65 && small.errors.contains("small.png: expected at least"))
    }
  }

  @Suite struct EvaluateFolder {
    let sandbox = try! Sandbox()

    @Test func countsCorrectImages() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      try sandbox.add([
        "set/Bag/1.png": "png/sequential/rgb.png", "set/Bag/2.jpg": "jpeg/grey.jpg", "set/Coat/x.jpg": "jpeg/cmyk.jpg",
        "set/Dress/nested/y.png": "png/sequential/grey8.png",
      ])
      let evaluate = ["evaluate", "--weights", "run/model.safetensors", "--quiet", "--dataset"]
      let outcome = try await sandbox.run(evaluate + ["folder:set", "--json"])
      expectSuccess(outcome)
      #expect(outcome.errors == "")
      let report = try object(outcome.output)
      #expect(
        Set(report.keys) == ["test_accuracy", "top5_accuracy", "test_loss", "examples", "seconds", "skipped"])
      #expect(report["examples"] as? Int == 4)

      // The same by hand, from predictions.
      let predicted = try await sandbox.run(
        ["predict", "--weights", "run/model.safetensors", "set", "--top", "10", "--json", "--quiet"])
      let list = try #require(try object(predicted.output)["predictions"] as? [[String: Any]])
      var (correct, five, loss) = (0.0, 0.0, 0.0)
      for prediction in list {
        let label = try #require(prediction["file"] as? String).split(separator: "/")[1]
        let top = try #require(prediction["top"] as? [[String: Any]])
        let rank = try #require(top.firstIndex { $0["class"] as? String == String(label) })
        correct += rank == 0 ? 1 : 0
        five += rank < 5 ? 1 : 0
        loss -= log(try #require(top[rank]["probability"] as? Double))
      }
      #expect(report["test_accuracy"] as? Double == correct / 4)
      #expect(report["top5_accuracy"] as? Double == five / 4)
      let testLoss = try #require(report["test_loss"] as? Double)
      #expect(abs(testLoss - loss / 4) < 1e-5)

      try sandbox.write(Data("hello".utf8), to: "set/Coat/bad.png")
      let partial = try await sandbox.run(evaluate + ["folder:set"])
      #expect(partial.status == 65 && partial.errors.contains("set/Coat/bad.png: expected a JPEG, PNG, WebP"))
      #expect(partial.output.contains(/test loss [\d.]+, test acc [\d.]+, top-5 acc [\d.]+ on 4 images in/))
      let first = try await sandbox.run(evaluate + ["folder:set", "--json", "--test-limit", "2"])
      #expect(try object(first.output)["examples"] as? Int == 2)

      try sandbox.add(["set/val/Bag/1.png": "png/sequential/rgb.png"])
      let part = try await sandbox.run(evaluate + ["folder:set", "--json"])
      expectSuccess(part)
      #expect(try object(part.output)["examples"] as? Int == 1)
      try sandbox.add(["set/val/Hat/1.png": "png/sequential/rgb.png"])
      expectFailure(
        try await sandbox.run(evaluate + ["folder:set"]), 65, saying: ["set/val/Hat", "one of the model's 10 classes"])
      expectFailure(try await sandbox.run(evaluate + ["folder:absent"]), 66, saying: ["absent: no such folder"])
      expectFailure(try await sandbox.run(evaluate + ["folder:"]), 64, saying: ["expected a path after the colon"])
      expectFailure(
        try await sandbox.run(evaluate + ["folder:set", "--data-dir", "set"]), 64, saying: ["--data-dir"])
    }

    @Test func goesByOrderWhereThereAreNoNames() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      var file = try TensorFile(Data(contentsOf: sandbox.url("run/model.safetensors")))
      file.metadata["class_names"] = nil
      try sandbox.write(file.serialized(), to: "w.safetensors")
      for n in 0..<10 {
        try sandbox.add(["set/n\(n)/1.png": n.isMultiple(of: 2) ? "png/sequential/rgb.png" : "jpeg/grey.jpg"])
      }
      let evaluate = ["evaluate", "--weights", "w.safetensors", "--quiet", "--json", "--dataset", "folder:set"]
      let outcome = try await sandbox.run(evaluate)
      expectSuccess(outcome)
      #expect(try object(outcome.output)["examples"] as? Int == 10)
      try FileManager.default.removeItem(at: sandbox.url("set/n3"))
      expectFailure(try await sandbox.run(evaluate), 65, saying: ["expected 10 class folders", "found 9"])
    }
  }
}
