import Foundation
import Testing

extension Command {
  /// Training, validation and test images.
  @Suite struct ThreeParts {
    let sandbox = try! Sandbox()

    private func addParts(validation: String = "val") throws {
      for (part, n) in [("train", 8), (validation, 4), ("test", 6)] {
        try sandbox.addPhotos(to: "photos/\(part)", counts: ["a": n, "b": n, "c": n])
      }
    }

    private func number(_ object: [String: Any], _ key: String) throws -> Double {
      try #require(object[key] as? Double, "\(key) in \(object.keys.sorted())")
    }

    private func evaluate(_ weights: String, _ options: [String]) async throws -> [String: Any] {
      let outcome = try await sandbox.run(["evaluate", "--weights", weights, "--quiet", "--json"] + options)
      expectSuccess(outcome)
      return try object(outcome.output)
    }

    /// Every figure is what `evaluate` makes of the weights that it is said to be of.
    private func expectParts(_ run: String, _ data: [String]) async throws {
      let summary = try sandbox.json("\(run)/summary.json")
      let epochs = try metrics(sandbox.text("\(run)/metrics.jsonl")).filter { $0["event"] as? String == "epoch" }
      let accuracies = try epochs.map { try number($0, "val_accuracy") }
      #expect(epochs.allSatisfy { $0["test_accuracy"] == nil && $0["test_loss"] == nil && $0["val_loss"] != nil })
      let best = try #require(accuracies.max())
      #expect(summary["best_epoch"] as? Int == accuracies.firstIndex(of: best)! + 1)
      #expect(try number(summary, "best_val_accuracy") == best)
      #expect(try number(summary, "val_accuracy") == accuracies.last)
      for (name, prefix) in [("model", ""), ("best", "best_")] {
        for part in ["val", "test"] {
          let found = try await evaluate("\(run)/\(name).safetensors", data + ["--part", part])
          #expect(
            try number(found, "test_accuracy") == number(summary, "\(prefix)\(part)_accuracy"), "\(name), \(part)")
        }
      }
      let (a, b) = (
        try number(summary, "test_loss"),
        try number(try await evaluate("\(run)/model.safetensors", data + ["--part", "test"]), "test_loss")
      )
      #expect(abs(a - b) < 1e-3 * b)
    }

    @Test(arguments: ["val", "valid"])
    func foldersOfThreePartsSelectOnOneAndTestOnAnother(_ validation: String) async throws {
      try addParts(validation: validation)
      let data = ["--dataset", "folder:photos"]
      let outcome = try await sandbox.run(tinyPhotoRun + data + ["--epochs", "3", "--output", "run"])
      expectSuccess(outcome)
      #expect(outcome.output.contains(/^loss [0-9.]+, train acc [0-9.]+, val acc [0-9.]+, test acc [0-9.]+\n/))
      let shown = try await sandbox.run(
        tinyPhotoRun.filter { $0 != "--quiet" } + data + ["--epochs", "2", "--output", "shown"])
      let best = String(format: "%.3f", try number(sandbox.json("shown/summary.json"), "best_val_accuracy"))
      #expect(shown.errors.contains("densenet: best val acc \(best) after epoch"), "\(shown.errors)")
      try await expectParts("run", data)
      #expect(try sandbox.predictedFiles("run").allSatisfy { $0.hasPrefix("photos/test/") })
      #expect(try sandbox.predictedFiles("run").count == 18)
      #expect(try sandbox.text("run/metrics.csv").contains("val_loss,val_accuracy"))
      let page = try sandbox.text("run/report.html")
      #expect(page.contains("Validation accuracy") && page.contains("Best validation accuracy"))
      #expect(!page.contains("Best test accuracy"))
      #expect(try sandbox.text("run/curves.svg").contains("val acc"))
      // Without a part: the test images.
      let plain = try await evaluate("run/model.safetensors", data)
      #expect(plain["examples"] as? Int == 18)
    }

    @Test func aTableOfThreeParts() async throws {
      try addParts()
      var lines = ["path,label,split"]
      for (part, n) in [("train", 8), ("val", 4), ("test", 6)] {
        for (name, ending) in [("a", "png"), ("b", "png"), ("c", "jpg")] {
          lines += (0..<n).map { "photos/\(part)/\(name)/\($0).\(ending),\(name),\(part)" }
        }
      }
      try sandbox.write(Data(lines.joined(separator: "\n").utf8), to: "photos.csv")
      let data = ["--dataset", "csv:photos.csv"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + ["--epochs", "2", "--output", "run"]))
      try await expectParts("run", data)
      // A table's own words for its files, wherever it lies; one that is absolute stays so.
      let absolute = sandbox.url("photos/test/a/0.png").path
      lines = lines.map { $0.replacing("photos/test/a/0.png", with: absolute) }
      try sandbox.write(Data(lines.joined(separator: "\n").utf8), to: "photos.csv")
      let evaluate = ["evaluate", "--weights", "run/model.safetensors", "--quiet", "--part"]
      for (part, count) in [("test", 18), ("all", 54)] {
        expectSuccess(try await sandbox.run(evaluate + [part, "--output", "of-\(part)"] + data))
        let files = try sandbox.predictedFiles("of-\(part)")
        #expect(files.count == count && files.contains(absolute))
        #expect(files.allSatisfy { $0 == absolute || $0.hasPrefix("photos/") })
      }
      #expect(try sandbox.predictedFiles("run").allSatisfy { $0.hasPrefix("photos/test/") })
      let page = try sandbox.text("of-test/report.html")
      #expect(page.contains("data:image/png;base64,") == page.contains("Most confident mistakes"))
    }

    @Test func sharesMakeThreePartsOfOne() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 12, "b": 8, "c": 4])
      let data = ["--dataset", "folder:photos", "--val-share", "0.25", "--test-share", "0.25", "--split-seed", "5"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + ["--epochs", "2", "--output", "run"]))
      try await expectParts("run", data)
      let dataset = try #require(try sandbox.json("run/config.json")["dataset"] as? [String: Any])
      #expect(dataset["train_examples"] as? Int == 12)
      #expect(dataset["validation_examples"] as? Int == 6 && dataset["test_examples"] as? Int == 6)
      // The weights say how the images were split.
      let part = try await evaluate("run/model.safetensors", ["--dataset", "folder:photos", "--part", "test"])
      #expect(try number(part, "test_accuracy") == number(sandbox.json("run/summary.json"), "test_accuracy"))
      #expect(part["examples"] as? Int == 6)
    }

    /// Of images that come with a training and a test part, one share is for validation.
    @Test(arguments: [("test", "--val-share"), ("val", "--test-share")])
    func aShareIsCarvedFromTheTrainingImages(_ other: String, _ share: String) async throws {
      for (part, n) in [("train", 8), (other, 6)] {
        try sandbox.addPhotos(to: "photos/\(part)", counts: ["a": n, "b": n])
      }
      let data = ["--dataset", "folder:photos", share, "0.25", "--split-seed", "4"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + ["--epochs", "1", "--output", "run"]))
      try await expectParts("run", data)
      let dataset = try #require(try sandbox.json("run/config.json")["dataset"] as? [String: Any])
      #expect(dataset["train_examples"] as? Int == 12)
      #expect(dataset["validation_examples"] as? Int == (other == "test" ? 4 : 12))
      // The weights say which images were taken, to whom does not repeat the options.
      try await expectParts("run", ["--dataset", "folder:photos"])
      var files: [String: [String]] = [:]
      for part in ["train", "val", "test"] {
        let options = ["--dataset", "folder:photos", "--part", part, "--output", "of-\(part)"]
        let found = try await sandbox.run(["evaluate", "--weights", "run/model.safetensors", "--quiet"] + options)
        expectSuccess(found)
        #expect(found.errors.contains("all of these 12 images are among those") == (part == "train"), "\(found.errors)")
        files[part] = try sandbox.predictedFiles("of-\(part)")
      }
      #expect(files["train"]?.count == 12 && Set(files.values.joined()).count == 28)
      #expect(try files["test"] == sandbox.predictedFiles("run"))
    }

    @Test func withTwoPartsThePageSaysWhatTheBestWasChosenOn() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 8])
      for (run, options) in [("val", ["--val-share", "0.25"]), ("test", ["--test-share", "0.25"])] {
        expectSuccess(
          try await sandbox.run(
            tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1", "--output", run] + options))
        let summary = try sandbox.json("\(run)/summary.json")
        #expect(summary.keys.allSatisfy { !$0.contains("val_") } && summary["test_accuracy"] != nil)
        #expect(try sandbox.text("\(run)/report.html").contains("chosen on these test images"))
      }
      #expect(try sandbox.weights("val") == sandbox.weights("test"))
    }

    @Test func nothingHeldOutClaimsNoAccuracy() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 5, "b": 4])
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--val-share", "0", "--epochs", "2"]
      let outcome = try await sandbox.run(run.filter { $0 != "--quiet" } + ["--output", "run"])
      expectSuccess(outcome)
      #expect(outcome.output.contains(/^loss [0-9.]+, train acc [0-9.]+\n/))
      #expect(!outcome.errors.contains("best"), "\(outcome.errors)")
      let summary = try sandbox.json("run/summary.json")
      #expect(!summary.keys.contains { $0.contains("test") || $0.contains("val_") || $0.contains("best") })
      #expect(sandbox.names(in: "run")?.contains("best.safetensors") == false)
      let dataset = try #require(try sandbox.json("run/config.json")["dataset"] as? [String: Any])
      #expect(dataset["train_examples"] as? Int == 9 && dataset["test_examples"] as? Int == 0)
      // Complete.
      expectSuccess(try await sandbox.run(["train", "--resume", "--output", "run", "--quiet"]))
      expectSuccess(try await sandbox.run(["report", "run"]))
      expectSuccess(try await sandbox.run(["compare", "run", "--json"]))
      expectFailure(
        try await sandbox.run(run + ["--patience", "2", "--output", "other"]), 64, saying: ["patience", "--patience"])
    }

    @Test(arguments: [
      (["--val-share", "0.6", "--test-share", "0.5"], "less than 1"), (["--test-share", "-1"], "--test-share"),
      (["--val-share", "x"], "--val-share"), (["--dataset", "fashion-mnist-sample", "--test-share", "0.1"], "folder"),
    ])
    func sharesThatMakeNoSenseAreRefused(_ options: [String], _ part: String) async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 5, "b": 4])
      let data = options.contains("--dataset") ? [] : ["--dataset", "folder:photos"]
      let outcome = try await sandbox.run(tinyPhotoRun + data + options + ["--output", "run"])
      expectFailure(outcome, 64, saying: [part])
      #expect(sandbox.names(in: "run") == nil)
    }

    /// A class with one image is not tested on, and that is said; and so for a class too small for three parts.
    @Test func untestedClassesAreNamed() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 6, "b": 2, "lonely": 1])
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1"]
      let two = try await sandbox.run(run + ["--output", "two"])
      expectSuccess(two)
      #expect(two.errors.contains("warning: photos: no test images of lonely"), "\(two.errors)")
      let three = try await sandbox.run(run + ["--output", "three", "--val-share", "0.2", "--test-share", "0.2"])
      expectSuccess(three)
      #expect(three.errors.contains("no test images of lonely"), "\(three.errors)")
      #expect(three.errors.contains("no validation images of b, lonely"), "\(three.errors)")
    }
  }
}
