import Foundation
import Testing

extension Command {
  /// `evaluate --output`, and images that weights were trained on.
  @Suite struct EvaluateReports {
    let sandbox = try! Sandbox()
    private let data = ["--dataset", "folder:photos"]

    init() throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 10, "b": 8, "c": 6])
    }

    private func train() async throws {
      expectSuccess(
        try await sandbox.run(tinyPhotoRun + data + ["--val-share", "0.25", "--epochs", "2", "--output", "run"]))
    }

    private func evaluate(_ options: [String]) async throws -> Outcome {
      try await sandbox.run(["evaluate", "--weights", "run/model.safetensors", "--quiet"] + options)
    }

    @Test func leavesThePageAndFilesOfARun() async throws {
      try await train()
      let outcome = try await evaluate(data + ["--part", "test", "--output", "results", "--json"])
      expectSuccess(outcome)
      #expect(sandbox.names(in: "results") == ["evaluation.json", "predictions.csv", "report.html"])
      // The same images and weights as the run's own evaluation.
      #expect(try sandbox.predictedFiles("results") == sandbox.predictedFiles("run"))
      let (own, runs) = (try sandbox.json("results/evaluation.json"), try sandbox.json("run/evaluation.json"))
      let classes = { (record: [String: Any]) in record["classes"] as? [NSDictionary] }
      #expect(classes(own) == classes(runs) && own["accuracy"] as? Double == runs["accuracy"] as? Double)
      #expect(try object(outcome.output)["test_accuracy"] as? Double == own["accuracy"] as? Double)
      let page = try sandbox.text("results/report.html")
      for part in ["Test accuracy", "Confusion", "Calibration error", "run/model.safetensors"] {
        #expect(page.contains(part), "\(part)")
      }
      #expect(!page.contains("Training accuracy"))
      // Another evaluation replaces it; a run is not replaced.
      expectSuccess(try await evaluate(data + ["--output", "results"]))
      #expect(try sandbox.predictedFiles("results").count == 24)
      let before = try sandbox.text("run/report.html")
      expectFailure(try await evaluate(data + ["--part", "test", "--output", "run"]), 64, saying: ["run", "--output"])
      #expect(try sandbox.text("run/report.html") == before)
    }

    @Test(arguments: [
      ("train", "17 training images", "Training accuracy"), ("val", "7 validation images", "Validation accuracy"),
      ("test", "7 test images", "Test accuracy"), ("all", "24 images", ">Accuracy"),
    ])
    func thePageNamesThePart(_ part: String, _ images: String, _ accuracy: String) async throws {
      try await train()
      expectSuccess(try await evaluate(data + ["--part", part, "--output", "results"]))
      let page = try sandbox.text("results/report.html")
      #expect(page.contains(images) && page.contains(accuracy))
      for other in ["Training accuracy", "Validation accuracy", "Test accuracy"] where other != accuracy {
        #expect(!page.contains(other), "\(other)")
      }
    }

    #if os(Linux)
      /// Names that are not UTF-8: in the table as a run writes them, and the images are on the page.
      @Test func namesAreBytes() async throws {
        let rename = #"mv photos/a/9.png "photos/a/caf$(printf '\351').png"; exec "$0" "$@""#
        let run = tinyPhotoRun + data + ["--val-share", "0.25", "--epochs", "1", "--output", "run"]
        expectSuccess(try await sandbox.run(run, shell: rename))
        let outcome = try await evaluate(data + ["--output", "results"])
        expectSuccess(outcome)
        #expect(outcome.errors.contains("17 of these 24 images"), "\(outcome.errors)")
        #expect(try sandbox.predictedFiles("results").contains { $0.hasSuffix(#"photos/a/caf\xE9.png"#) })
      }
    #endif

    @Test func ofADatasetThatHasAName() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      expectSuccess(try await evaluate(["--dataset", "fashion-mnist-sample", "--test-limit", "32", "--output", "a/b"]))
      #expect(sandbox.names(in: "a/b") == ["evaluation.json", "predictions.csv", "report.html"])
      #expect(try sandbox.json("a/b/evaluation.json")["examples"] as? Int == 32)
      #expect(try sandbox.text("a/b/report.html").contains("d2l on fashion-mnist-sample"))
    }

    @Test func leavesNothingWhereItFails() async throws {
      try await train()
      expectFailure(
        try await evaluate(["--dataset", "folder:absent", "--output", "results"]), 66, saying: ["absent"])
      #expect(sandbox.names(in: "results") == nil)
    }

    /// By content: wherever the images lie, and whatever they are called.
    @Test func imagesThatWereTrainedOnAreWarnedOf() async throws {
      try await train()
      let all = try await evaluate(data)
      expectSuccess(all)
      let line = "17 of these 24 images are among those that the weights were trained on"
      #expect(all.errors.contains("warning: \(line)") && all.errors.contains("--part"), "\(all.errors)")
      let held = try await evaluate(data + ["--part", "test"])
      expectSuccess(held)
      #expect(held.saysOnlyThatImagesAreCropped, "\(held.errors)")
      // Who asks for them is not sent elsewhere.
      for part in ["train", "all"] {
        let asked = try await evaluate(data + ["--part", part])
        expectSuccess(asked)
        #expect(asked.errors.contains("among those that the weights were trained on"), "\(asked.errors)")
        #expect(!asked.errors.contains("--part") && !asked.errors.contains("held out"), "\(asked.errors)")
      }
      // By other shares than training's.
      let other = try await evaluate(data + ["--part", "test", "--val-share", "0.5"])
      #expect(other.errors.contains("(--val-share, --test-share, --part)"), "\(other.errors)")
      // Moved, renamed, in a table.
      try FileManager.default.moveItem(at: sandbox.url("photos"), to: sandbox.url("moved"))
      try FileManager.default.moveItem(at: sandbox.url("moved/a/0.png"), to: sandbox.url("moved/a/zero.png"))
      #expect(try await evaluate(["--dataset", "folder:moved"]).errors.contains(line))
      let table = "path,label\nmoved/a/1.png,a\nmoved/a/2.png,a\nmoved/b/1.png,b\nmoved/b/2.png,b\nmoved/c/1.jpg,c\n"
      try sandbox.write(Data(table.utf8), to: "table.csv")
      #expect(try await evaluate(["--dataset", "csv:table.csv"]).errors.contains("of these 5 images are among those"))
      // Others.
      try sandbox.addPhotos(to: "others", counts: ["a": 3, "b": 3, "c": 3])
      #expect(try await evaluate(["--dataset", "folder:others"]).saysOnlyThatImagesAreCropped)
    }

    /// Equal runs give equal weights, wherever they run.
    @Test func weightsDoNotDependOnThePlace() async throws {
      try sandbox.addPhotos(to: "x/photos", counts: ["a": 6, "b": 5], salt: "same")
      try sandbox.addPhotos(to: "y/z/photos", counts: ["a": 6, "b": 5], salt: "same")
      for (place, run) in [("x/photos", "one"), ("y/z/photos", "two")] {
        expectSuccess(
          try await sandbox.run(tinyPhotoRun + ["--dataset", "folder:\(place)", "--epochs", "1", "--output", run]))
      }
      #expect(try sandbox.weights("one") == sandbox.weights("two"))
    }

    @Test(arguments: [
      (["--part", "valid"], 64 as Int32, "--part"),
      (["--dataset", "fashion-mnist-sample", "--part", "test"], 64, "--part"),
    ])
    func partsThatAreNotThereAreRefused(_ options: [String], _ status: Int32, _ part: String) async throws {
      try await train()
      let own = options.contains("--dataset") ? [] : data
      expectFailure(try await evaluate(own + options), status, saying: [part])
    }
  }
}
