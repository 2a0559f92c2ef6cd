import Foundation
import Testing

extension Command {
  /// A run is resumed by its folder alone, whatever options it was begun with.
  @Suite struct ResumeKinds {
    let sandbox = try! Sandbox()

    static let kinds: [[String]] = [
      ["--dataset", "csv:table.csv"], ["--dataset", "folder:photos", "--val-share", "0.3", "--split-seed", "4"],
      ["--dataset", "folder:photos", "--val-share", "0.2", "--test-share", "0.3"],
      ["--dataset", "folder:photos", "--val-share", "0"], ["--dataset", "folder:parts"],
      ["--dataset", "folder:photos", "--init", "start/model.safetensors"],
      ["--dataset", "folder:photos", "--init", "start/model.safetensors", "--freeze", "blocks:1", "--freeze-norm"],
      ["--dataset", "folder:photos", "--no-shuffle", "--seed", "3"],
      ["--dataset", "folder:photos", "--max-steps", "7"], ["--dataset", "folder:photos", "--transition-pool", "max"],
      ["--dataset", "folder:photos", "--grey", "--fit", "squash", "--normalize", "dataset"],
      ["--dataset", "folder:photos", "--train-limit", "8", "--test-limit", "2", "--split-seed", "9"],
      ["--dataset", "folder:photos", "--precision", "bf16", "--memory-efficient", "--convolution", "direct"],
      ["--dataset", "folder:photos", "--ema", "0.9", "--mixup", "0.2", "--class-weights", "balanced"],
      ["--dataset", "fashion-mnist", "--data-dir", "idx"],
      ["--dataset", "folder:photos", "--init", "several.pth", "--entry", "generator", "--num-classes", "2"],
    ]

    private static let several = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/wrapped/several/several-gan.pth").standardizedFileURL

    private func prepare() throws {
      try sandbox.addPhotos(to: "photos", counts: ["a": 9, "b": 7])
      for (part, n) in [("train", 6), ("val", 3), ("test", 2)] {
        try sandbox.addPhotos(to: "parts/\(part)", counts: ["a": n, "b": n])
      }
      let rows = (0..<7).flatMap { ["photos/a/\($0).png,a", "photos/b/\($0).png,b"] }
      try sandbox.write(Data((["path,label"] + rows).joined(separator: "\n").utf8), to: "table.csv")
      try sandbox.addIDX()
    }

    /// No option brings images back.
    @Test func imagesThatChangedAreAskedFor() async throws {
      try prepare()
      let run = tinyPhotoRun + ["--dataset", "folder:photos", "--output", "run"]
      expectSuccess(try await sandbox.run(run + ["--epochs", "3", "--max-steps", "2", "--checkpoint-steps", "1"]))
      try FileManager.default.removeItem(at: sandbox.url("photos/a/0.png"))
      let outcome = try await sandbox.run(["train", "--resume", "--output", "run", "--quiet"])
      expectFailure(outcome, 65, saying: ["its images have changed since: bring them back", "another folder"])
      #expect(!outcome.errors.contains("by its folder alone"))
    }

    @Test(arguments: kinds)
    func byItsFolderAloneFromAnotherPlace(_ options: [String]) async throws {
      try prepare()
      var base = tinyPhotoRun + ["--epochs", "3", "--checkpoint-steps", "1", "--keep-checkpoints", "4"]
      if options.contains("--entry") {
        // The weights say which network it is.
        base.removeAll { ["--model", "densenet-bc-10-4"].contains($0) }
        try FileManager.default.copyItem(at: Self.several, to: sandbox.url("several.pth"))
      } else if options.contains("--init") {
        expectSuccess(
          try await sandbox.run(tinyPhotoRun + ["--dataset", "folder:photos", "--epochs", "1", "--output", "start"]))
      }
      expectSuccess(try await sandbox.run(base + options + ["--output", "whole"]))
      expectSuccess(try await sandbox.run(base + options + ["--output", "run"]))
      // As if it had been killed before its last updates.
      let names = try #require(sandbox.names(in: "run/checkpoints"))
      for name in names.suffix(2) { try FileManager.default.removeItem(at: sandbox.url("run/checkpoints/\(name)")) }
      for name in ["summary.json", "report.html", "model.safetensors"] {
        try FileManager.default.removeItem(at: sandbox.url("run/\(name)"))
      }
      let outcome = try await sandbox.run(
        ["train", "--resume", "--output", "../run"], shell: #"mkdir -p place && cd place && exec "$0" "$@""#)
      expectSuccess(outcome)
      #expect(outcome.errors.contains("resuming from the checkpoint of step"))
      #expect(try sandbox.weights("run") == sandbox.weights("whole"))
      #expect(try sandbox.points("run") == sandbox.points("whole"))
      // All options once more: the same run.
      let again = try await sandbox.run(base + options + ["--output", "run", "--resume"])
      expectSuccess(again)
      #expect(again.errors.contains("complete"), "\(again.errors)")
    }
  }
}
