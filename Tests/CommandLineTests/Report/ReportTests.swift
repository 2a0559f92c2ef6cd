import Foundation
import Testing

extension Command {
  @Suite struct Report {
    let sandbox = try! Sandbox()

    private let config = """
      {"model": "d2l", "epochs": 2, "lr": 0.1, "seed": 0, "started": "2026-01-02T03:04:05Z", "version": "0.1.0",
       "arguments": ["train", "--output", "a b"], "instruction_set": "avx2", "threads": 2,
       "dataset": {"name": "pets", "train_examples": 2000, "test_examples": 4, "classes": ["cat", "dog"]},
       "machine": {"processor": "A processor", "memory_bytes": 1073741824}}
      """
    private let points = """
      {"event":"train","epoch":1.0,"step":4,"train_loss":0.9,"train_accuracy":0.5,"learning_rate":0.1}
      {"event":"epoch","epoch":1,"step":4,"train_loss":0.9,"train_accuracy":0.5,"test_loss":0.8,"test_accuracy":0.75,\
      "examples_per_second":100.5,"waiting_share":0.25,"seconds":3.5}

      """
    private let summary = """
      {"model": "d2l", "dataset": "pets", "train_loss": 0.25, "train_accuracy": 0.9, "test_loss": 0.5,
       "test_accuracy": 0.75, "best_test_accuracy": 0.75, "best_epoch": 2, "examples_per_second": 123.4,
       "peak_memory_bytes": 1073741824, "parameters": 758226, "epochs": 2, "steps": 8, "batch_size": 2,
       "precision": "fp32", "threads": 2, "seed": 0, "seconds": 61}
      """
    private let evaluation = """
      {"examples": 4, "classes": [{"name": "cat", "support": 2}, {"name": "a <dog>", "support": 2}],
       "pictures": [{"index": 2, "png": "AQID"}]}
      """
    private let predictions = """
      index,label,prediction,confidence,label_probability,label_rank
      0,0,0,0.9,0.9,1
      1,0,0,0.8,0.8,1
      2,1,0,0.7,0.3,2
      3,1,1,0.6,0.6,1

      """

    /// A run that has ended.
    private func makeRun(_ name: String, changing replaced: [String: String] = [:]) throws {
      let files = [
        "config.json": config, "metrics.jsonl": points, "summary.json": summary, "evaluation.json": evaluation,
        "predictions.csv": predictions,
      ]
      try FileManager.default.createDirectory(at: sandbox.url(name), withIntermediateDirectories: true)
      for (file, text) in files.merging(replaced, uniquingKeysWith: { $1 }) where text != "absent" {
        try Data(text.utf8).write(to: sandbox.url("\(name)/\(file)"))
      }
    }

    @Test func makesThePageOfARun() async throws {
      try makeRun("run")
      let outcome = try await sandbox.run(["report", "run"])
      expectSuccess(outcome)
      #expect(outcome.output == "run/report.html\n" && outcome.errors == "")
      let page = try sandbox.text("run/report.html")
      for part in [
        "d2l on pets", "2,000 training and 4 test images", "started 2026-01-02 03:04:05 UTC", ">75.0%<", "1:01",
        "1.0 GiB",
        "a &lt;dog&gt;", "data:image/png;base64,AQID", "Confusion matrix", "Calibration", "Learning rate",
        "densenet train --output 'a b'", "A processor", "avx2",
      ] { #expect(page.contains(part), "\(part)") }
      expectSuccess(try await sandbox.run(["report", "run", "--output", "page.html"]))
      #expect(try sandbox.text("page.html") == page)
    }

    @Test(arguments: [
      ("\"label_smoothing\": 0.1, \"class_weights\": \"balanced\"", "class weights and label smoothing 0.1;"),
      (
        "\"label_smoothing\": 0, \"class_weights\": \"none\", \"pos_weight\": \"3,1\"", "includes weights of positives;"
      ),
      ("\"label_smoothing\": 0, \"augmentation\": {\"mixup\": 0.2}", "includes mixup 0.2;"),
      ("\"label_smoothing\": 0, \"class_weights\": \"none\", \"augmentation\": {\"mixup\": 0}", nil),
    ])
    func saysWhatTheTrainingLossIncludes(_ recipe: String, _ terms: String?) async throws {
      try makeRun(
        "run", changing: ["config.json": config.replacing("\"model\"", with: "\"recipe\": {\(recipe)}, \"model\"")])
      expectSuccess(try await sandbox.run(["report", "run"]))
      let page = try sandbox.text("run/report.html")
      #expect(page.contains("The training loss includes") == (terms != nil))
      if let terms { #expect(page.contains(terms), "\(terms)") }
    }

    @Test func makesThePageOfARunThatHasNotEnded() async throws {
      let absent = ["summary.json": "absent", "evaluation.json": "absent", "predictions.csv": "absent"]
      try makeRun("run", changing: absent)
      expectSuccess(try await sandbox.run(["report", "run"]))
      let page = try sandbox.text("run/report.html")
      #expect(page.contains("unfinished: 4 steps so far") && page.contains("Learning curves"))
      #expect(!page.contains("Confusion matrix") && !page.contains("Calibration"))
      try makeRun("bare", changing: absent.merging(["config.json": "absent"], uniquingKeysWith: { $1 }))
      expectSuccess(try await sandbox.run(["report", "bare"]))
      #expect(try sandbox.text("bare/report.html").contains("<h1>bare</h1>"))
    }

    @Test(arguments: [
      ("metrics.jsonl", "{}\n", "line 1"), ("summary.json", "[]", "summary.json"), ("config.json", "{", "config.json"),
      ("evaluation.json", "{\"examples\": 4}", "no classes"),
      ("predictions.csv", "index\n1\n", "the columns index,label"),
      ("predictions.csv", "", "empty"),
      ("predictions.csv", "index,label,prediction,confidence,label_probability,label_rank\n0,0,2,1,1,1\n", "line 2"),
    ])
    func namesADamagedFile(file: String, text: String, part: String) async throws {
      try makeRun("run", changing: [file: text])
      expectFailure(try await sandbox.run(["report", "run"]), 65, saying: ["run/\(file)", part])
      #expect(!FileManager.default.fileExists(atPath: sandbox.url("run/report.html").path))
    }

    @Test func wantsARun() async throws {
      try makeRun("run")
      for command in [["report", "absent"], ["compare", "run", "absent"]] {
        expectFailure(try await sandbox.run(command), 66, saying: ["absent: expected the folder of a run"])
      }
      expectFailure(try await sandbox.run(["compare", "logs", "run"]), 66, saying: ["logs", "metrics.jsonl"])
      expectFailure(try await sandbox.run(["report"]), 64, saying: ["<run>"])
      expectFailure(try await sandbox.run(["compare"]), 64, saying: ["<run>"])
      expectFailure(try await sandbox.run(["report", "run", "--output", "no/page.html"]), 74, saying: ["no/page.html"])
    }

    @Test func putsRunsSideBySide() async throws {
      try makeRun("runs/a")
      try makeRun(
        "more/a", changing: ["summary.json": "absent", "config.json": config.replacing("0.1,", with: "0.05,")])
      let files = ["--html", "page.html", "--svg", "curves.svg"]
      let outcome = try await sandbox.run(["compare", "runs/a", "more/a"] + files)
      expectSuccess(outcome)
      let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.split(separator: #/ {2,}/#).map { $0.trimmingCharacters(in: .whitespaces) }
      }
      #expect(lines[2].prefix(6) == ["runs/a", "d2l", "pets", "1", "758,226", "0.7500"])
      #expect(lines[3].prefix(6) == ["more/a", "d2l", "pets", "1 so far", "–", "0.7500"])
      #expect(lines.suffix(2) == [["lr", "0.1", "0.05"], []])
      #expect(try sandbox.text("page.html").contains("What differs"))
      #expect(try sandbox.text("curves.svg").hasPrefix("<svg "))
    }

    /// The best is what the summary says of best.safetensors, whatever epoch had the greatest accuracy.
    @Test func theBestIsThatOfTheBestWeights() async throws {
      let line = points.split(separator: "\n")[1]
      let first = line.replacing("0.75", with: "0.95").replacing("}", with: ",\"test_mean_auroc\":0.6}")
      let second = line.replacing("\"epoch\":1", with: "\"epoch\":2").replacing("\"step\":4", with: "\"step\":8")
        .replacing("}", with: ",\"test_mean_auroc\":0.8}")
      let areas = "\"mean_auroc\": 0.8, \"best_mean_auroc\": 0.8, \"model\""
      let summary = summary.replacing("\"model\"", with: areas)
      try makeRun("labels", changing: ["metrics.jsonl": "\(first)\n\(second)\n", "summary.json": summary])
      let outcome = try await sandbox.run(["compare", "labels", "--json"])
      expectSuccess(outcome)
      let run = try #require(
        (try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])?[0])
      #expect(run["best_test_accuracy"] as? Double == 0.75 && run["best_mean_auroc"] as? Double == 0.8)
      #expect(run["mean_auroc"] as? Double == 0.8)
      let table = try await sandbox.run(["compare", "labels"]).output
      // A run of an older version names no best epoch: it is looked for in the curves.
      let old = self.summary.replacing("\"best_test_accuracy\": 0.75, \"best_epoch\": 2, ", with: "")
      try makeRun("old", changing: ["summary.json": old, "metrics.jsonl": points.replacing("0.75", with: "0.85")])
      let told = try await sandbox.run(["compare", "old", "--json"])
      #expect(told.output.contains("\"best_test_accuracy\":0.85"), "\(told.output)")
      #expect(table.contains("best AUROC") && !table.contains("best acc") && !table.contains("0.9500"))
    }

    /// A page or an image in the place of what it is made from.
    @Test func filesOfRunsAreKept() async throws {
      try makeRun("run", changing: ["curves.svg": "<svg />", "notes.txt": "mine"])
      try FileManager.default.createSymbolicLink(
        atPath: sandbox.url("link.html").path, withDestinationPath: "run/summary.json")
      let kept = try sandbox.names(in: "run")?.map { try sandbox.text("run/\($0)") }
      for (command, option) in [
        (["report", "run", "--output", "run/config.json"], "--output"),
        (["report", "run", "--output", "link.html"], "--output"),
        (["report", "run", "--output", "run/notes.txt"], "--output"),
        (["compare", "run", "--html", "run/metrics.jsonl"], "--html"),
        (["compare", "run", "--html", "page.html", "--svg", "run/curves.svg"], "--svg"),
        (["lr-find"] + tinyData + ["--svg", "run/evaluation.json"], "--svg"),
      ] { expectFailure(try await sandbox.run(command), 64, saying: ["name another (\(option))"]) }
      #expect(try sandbox.names(in: "run")?.map { try sandbox.text("run/\($0)") } == kept)
      #expect(!FileManager.default.fileExists(atPath: sandbox.url("page.html").path))
      for _ in 1...2 {
        expectSuccess(try await sandbox.run(["report", "run", "--output", "run/report.html"]))
        expectSuccess(try await sandbox.run(["compare", "run", "--html", "run/c.html", "--svg", "run/c.svg"]))
      }
    }

    @Test func saysItInJSON() async throws {
      try makeRun("a")
      try makeRun("b", changing: ["config.json": "absent", "summary.json": "absent"])
      let outcome = try await sandbox.run(["compare", "a", "b", "a", "--json"])
      expectSuccess(outcome)
      let runs = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
      #expect(runs.map { $0["run"] as? String } == ["a", "b", "a"])
      #expect(runs[0]["test_accuracy"] as? Double == 0.75 && runs[0]["seconds"] as? Double == 61)
      #expect(runs[1]["parameters"] == nil && runs[1]["best_test_accuracy"] as? Double == 0.75)
      #expect((runs[0]["settings"] as? [String: Any])?.isEmpty == true)
    }
  }
}
