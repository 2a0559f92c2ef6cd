import Foundation
import Testing

extension Command {
  /// `--train-limit` and `--test-limit`.
  @Suite struct Limits {
    let sandbox = try! Sandbox()

    private func counts(_ files: [String]) -> [String: Int] {
      Dictionary(grouping: files) { String($0.split(separator: "/").dropLast().last ?? "") }.mapValues(\.count)
    }

    /// 64 of 100, 60 and 40 images, and 10 of 25, 15 and 10: the same share of each, as scikit-learn's stratified choice
    /// has it: 32, 19.2, 12.8 and 5, 3, 2.
    @Test(arguments: ["folder", "csv"])
    func aLimitTakesTheSameShareOfEachClass(_ kind: String) async throws {
      try sandbox.addPhotos(to: "photos/train", counts: ["a": 100, "b": 60, "c": 40])
      try sandbox.addPhotos(to: "photos/test", counts: ["a": 25, "b": 15, "c": 10])
      var data = ["--dataset", "folder:photos"]
      if kind == "csv" {
        var lines = ["path,label,split"]
        for (part, sizes) in [("train", [100, 60, 40]), ("test", [25, 15, 10])] {
          for (name, size) in zip(["a", "b", "c"], sizes) {
            lines += (0..<size).map { "photos/\(part)/\(name)/\($0).\(name == "c" ? "jpg" : "png"),\(name),\(part)" }
          }
        }
        try sandbox.write(Data(lines.joined(separator: "\n").utf8), to: "photos.csv")
        data = ["--dataset", "csv:photos.csv"]
      }
      let run = tinyPhotoRun + data + ["--train-limit", "64", "--test-limit", "10", "--epochs", "1"]
      expectSuccess(try await sandbox.run(run + ["--output", "run"]))
      #expect(try counts(sandbox.predictedFiles("run")) == ["a": 5, "b": 3, "c": 2])
      expectSuccess(try await sandbox.run(run + ["--output", "again"]))
      #expect(try sandbox.weights("run") == sandbox.weights("again"))
      #expect(try sandbox.predictedFiles("run") == sandbox.predictedFiles("again"))
      expectSuccess(try await sandbox.run(run + ["--output", "other", "--split-seed", "1"]))
      #expect(try sandbox.predictedFiles("run") != sandbox.predictedFiles("other"))
      // What is trained on: the training images that the weights know, evaluated.
      let evaluate = ["evaluate", "--weights", "run/model.safetensors"] + data
      let trained = try await sandbox.run(evaluate + ["--part", "train", "--output", "trained", "--quiet"])
      expectSuccess(trained)
      #expect(trained.errors.contains("64 of these 200 images are among those that the weights were trained on"))
      // And evaluated alike.
      expectSuccess(try await sandbox.run(evaluate + ["--test-limit", "10", "--output", "tested", "--quiet"]))
      #expect(try sandbox.predictedFiles("tested") == sandbox.predictedFiles("run"))
      // A run with a limit is resumed.
      expectSuccess(try await sandbox.run(["train", "--resume", "--output", "run", "--epochs", "2", "--quiet"]))
    }

    @Test func classesThatALimitLeavesOutAreNamed() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 6, "c": 5])
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1", "--train-limit", "2"]
      let outcome = try await sandbox.run(run + ["--output", "run"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("leaves none of c"), "\(outcome.errors)")
    }

    @Test func alsoOfTheValidationImages() async throws {
      for (part, names) in [("train", "abc"), ("val", "abc"), ("test", "a")] {
        for name in names { try sandbox.addPhotos(to: "photos/\(part)", counts: [String(name): 3]) }
      }
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1", "--test-limit", "1"]
      let outcome = try await sandbox.run(run + ["--output", "run"])
      expectSuccess(outcome)
      #expect(
        outcome.errors.contains("the limit of 1 of 9 images leaves none of b and another class"), "\(outcome.errors)")
    }

    /// IDX's files are not sorted: the first ones.
    @Test func ofANamedDatasetTheFirstAreTaken() async throws {
      expectSuccess(try await sandbox.run(oneStep + ["--output", "run"]))
      let rows = try sandbox.text("run/predictions.csv").split(separator: "\n").dropFirst()
      #expect(rows.map { $0.prefix { $0 != "," } } == (0..<32).map { "\($0)"[...] })
    }

    /// A run of a version that took the first images goes on with these.
    @Test func anOlderRunKeepsItsChoice() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 6])
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1"]
      expectSuccess(try await sandbox.run(run + ["--train-limit", "8", "--output", "run"]))
      // As that version would have written it: without the rule, and with the first images' fingerprint.
      var config = try sandbox.json("run/config.json")
      var choices = try #require(config["choices"] as? [String: Any])
      for key in ["limit_rule", "train_limit"] { choices[key] = nil }
      config["choices"] = choices
      try JSONSerialization.data(withJSONObject: config).write(to: sandbox.url("run/config.json"))
      expectFailure(
        try await sandbox.run(["train", "--resume", "--output", "run", "--quiet"]), 65,
        saying: ["dataset: photos: 8 picture files"])
    }
  }
}
