import Foundation
import Testing

extension Command {
  /// `evaluate --part`: the parts that training made, without its options.
  @Suite struct EvaluateParts {
    let sandbox = try! Sandbox()

    private func evaluate(_ options: [String]) async throws -> Outcome {
      try await sandbox.run(["evaluate", "--weights", "run/model.safetensors", "--quiet"] + options)
    }

    /// The files of a part, by the part's name.
    private func files(_ part: String, _ data: [String]) async throws -> [String] {
      let outcome = try await evaluate(data + ["--part", part, "--output", "of-\(part)"])
      expectSuccess(outcome)
      return try sandbox.predictedFiles("of-\(part)")
    }

    /// Of two parts, the one that was held out has both names.
    @Test(arguments: ["train and val", "a share for validation", "a column split"])
    func ofTwoPartsValNamesTheOneHeldOut(_ kind: String) async throws {
      var (data, share) = (["--dataset", "folder:photos"], [String]())
      switch kind {
      case "train and val":
        for (part, n) in [("train", 6), ("val", 4)] {
          try sandbox.addPhotos(to: "photos/\(part)", counts: ["a": n, "b": n])
        }
      case "a share for validation":
        try sandbox.addPhotos(to: "photos", counts: ["a": 10, "b": 10])
        share = ["--val-share", "0.4", "--split-seed", "2"]
      default:
        try sandbox.addPhotos(to: "photos", counts: ["a": 10, "b": 10])
        let rows = ["a", "b"].flatMap { name in
          (0..<10).map { "photos/\(name)/\($0).png,\(name),\($0 < 6 ? "train" : "val")" }
        }
        try sandbox.write(Data((["path,label,split"] + rows).joined(separator: "\n").utf8), to: "photos.csv")
        data = ["--dataset", "csv:photos.csv"]
      }
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + share + ["--epochs", "1", "--output", "run"]))
      let held = try await files("val", data)
      #expect(try held == sandbox.predictedFiles("run") && held.count == 8)
      #expect(try await files("test", data) == held)
      #expect(Set(try await files("train", data)).isDisjoint(with: held))
    }

    /// Test images that came as such are nothing else.
    @Test func ofTrainAndTestThereIsNoVal() async throws {
      for (part, n) in [("train", 4), ("test", 3)] {
        try sandbox.addPhotos(to: "photos/\(part)", counts: ["a": n, "b": n])
      }
      let data = ["--dataset", "folder:photos"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + ["--epochs", "1", "--output", "run"]))
      expectFailure(try await evaluate(data + ["--part", "val"]), 65, saying: ["the part val", "--part"])
    }

    /// The weights know the columns of their table, by which its images were split.
    @Test func groupsAreThoseOfTraining() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 24, "b": 24])
      func table(_ group: String) throws {
        let rows = ["a", "b"].flatMap { name in
          (0..<24).map { "photos/\(name)/\($0).png,\(name),p\($0 * $0 % 11)" }
        }
        try sandbox.write(Data((["Image,Kind,\(group)"] + rows).joined(separator: "\n").utf8), to: "photos.csv")
      }
      try table("Patient")
      let data = ["--dataset", "csv:photos.csv"]
      let columns = ["--path-column", "Image", "--label-column", "Kind", "--group-column", "Patient"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + columns + ["--epochs", "1", "--output", "run"]))
      let (test, train) = (try await files("test", data), try await files("train", data))
      #expect(try test == sandbox.predictedFiles("run"))
      #expect(test.count + train.count == 48 && Set(test).isDisjoint(with: train))
      let silent = try await evaluate(data + ["--part", "test"])
      #expect(silent.saysOnlyThatImagesAreCropped, "\(silent.errors)")
      // Of another name, it must be named.
      try table("Person")
      expectFailure(
        try await evaluate(data + ["--part", "test"]), 65, saying: ["photos.csv", "column Patient", "--group-column"])
      let named = try await evaluate(data + ["--part", "test", "--group-column", "Person", "--output", "named"])
      expectSuccess(named)
      #expect(try sandbox.predictedFiles("named") == test)
      expectFailure(
        try await evaluate(["--dataset", "folder:photos", "--part", "test"]), 65, saying: ["Patient", "--dataset"])
      // Without parts, its groups do not matter.
      expectSuccess(try await evaluate(data))
    }

    /// A table with the usual names is read by these.
    @Test func anotherTableHasItsOwnColumns() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 6, "b": 6])
      for (name, head) in [("own", "Image,Kind"), ("other", "path,label")] {
        let rows = ["a", "b"].flatMap { kind in (0..<6).map { "photos/\(kind)/\($0).png,\(kind)" } }
        try sandbox.write(Data(([head] + rows).joined(separator: "\n").utf8), to: "\(name).csv")
      }
      let columns = ["--path-column", "Image", "--label-column", "Kind"]
      let run = tinyPhotoRun + ["--dataset", "csv:own.csv"] + columns + ["--epochs", "1", "--output", "run"]
      expectSuccess(try await sandbox.run(run))
      for table in ["own", "other"] {
        #expect(
          try await files("test", ["--dataset", "csv:\(table).csv"]) == sandbox.predictedFiles("run"), "\(table)")
      }
    }

    @Test func aLimitThatEmptiesAClassIsNamed() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 8, "b": 6, "c": 5])
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1", "--output", "run"]
      expectSuccess(try await sandbox.run(run))
      let outcome = try await evaluate(["--dataset", "folder:photos", "--test-limit", "2"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("the limit of 2 of 19 images leaves none of c"), "\(outcome.errors)")
    }

    @Test func aThresholdNeedsSeveralLabels() async throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 4, "b": 4])
      let data = ["--dataset", "folder:photos"]
      expectSuccess(try await sandbox.run(tinyPhotoRun + data + ["--epochs", "1", "--output", "run"]))
      let threshold = ["--threshold", "0.9"]
      expectFailure(try await evaluate(data + threshold), 64, saying: ["several labels", "--threshold"])
      expectFailure(try await evaluate(data + ["--part", "test"] + threshold), 64, saying: ["--threshold"])
      let predict = ["predict", "photos/a/0.png", "--quiet", "--weights", "run/model.safetensors"] + threshold
      expectFailure(try await sandbox.run(predict), 64, saying: ["several labels", "--threshold"])
      let tensors = ["--input-tensors", "x.safetensors", "--output-tensors", "y.safetensors"] + threshold
      let files = ["predict", "--quiet", "--weights", "run/model.safetensors"]
      expectFailure(try await sandbox.run(files + tensors), 64, saying: ["--threshold"])
      let named = ["evaluate", "--weights", "named/model.safetensors", "--quiet"] + tinyData + threshold
      expectSuccess(try await sandbox.run(oneStep + ["--output", "named"]))
      expectFailure(try await sandbox.run(named), 64, saying: ["--threshold"])
    }
  }
}
