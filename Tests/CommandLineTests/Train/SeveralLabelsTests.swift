import DenseNetData
import DenseNets
import Foundation
import Testing

extension Command {
  /// Several labels per image: from the table to the predictions.
  @Suite struct SeveralLabels {
    let sandbox = try! Sandbox()

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: sandbox.url(path)) }

    private func labels(_ outcome: Outcome) throws -> [[String: Any]] {
      let list = try object(outcome.output)["predictions"] as? [[String: Any]]
      return try #require(list?.first?["labels"] as? [[String: Any]])
    }

    /// By its definition: the share of pairs of a positive and a negative that are ranked rightly.
    private func auroc(_ rows: [(probability: Double, truth: Bool)]) -> Double {
      let (positives, negatives) = (rows.filter(\.truth), rows.filter { !$0.truth })
      var sum = 0.0
      for a in positives {
        for b in negatives { sum += a.probability > b.probability ? 1 : a.probability == b.probability ? 0.5 : 0 }
      }
      return sum / Double(positives.count * negatives.count)
    }

    @Test func aTableTrainsIsReportedAndPredicts() async throws {
      try sandbox.addPairs()
      let run = try await sandbox.run(labelRun + labelColumns + ["--threshold", "best-f1", "--output", "run"])
      expectSuccess(run)
      let closing = try #require(
        run.output.firstMatch(
          of: /^loss \d\.\d{3}, train acc \d\.\d{3}, test mean AUROC (\d\.\d{3}), test mAP \d\.\d{3}\n/)
      )
      for part in ["training images with each label: Dress", "uncertain labels (-1) are left out", "empty labels"] {
        #expect(run.errors.contains(part), "\(run.errors)")
      }
      #expect(sandbox.runNames(in: "run") == runFiles)

      let summary = try sandbox.json("run/summary.json")
      let mean = try #require(summary["mean_auroc"] as? Double)
      #expect(abs(mean - (Double(closing.1) ?? 0)) <= 0.0005)
      #expect(mean > 0.5 && summary["mean_average_precision"] is Double)
      let best = String(format: "%.3f", try #require(summary["best_mean_auroc"] as? Double))
      #expect(run.errors.contains("densenet: best test mean AUROC \(best) after epoch"), "\(run.errors)")
      let points = try metrics(sandbox.text("run/metrics.jsonl"))
      #expect(points.last?["test_mean_auroc"] as? Double == mean)

      let evaluation = try sandbox.json("run/evaluation.json")
      #expect(evaluation["mean_auroc"] as? Double == mean && evaluation["left_out"] as? [String] == [])
      let described = try #require(evaluation["labels"] as? [[String: Any]])
      #expect(described.map { $0["name"] as? String } == labelNames)
      let table = try sandbox.text("run/predictions.csv").split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      #expect(table[0] == ["index"] + labelNames + labelNames.map { $0 + " (true)" } + ["file"])
      // Files are called as the table calls them.
      let rows = try sandbox.text("pairs/pairs.csv").split(separator: "\n").dropFirst()
      let listed = Set(rows.map { String($0.prefix { $0 != "," }) })
      #expect(table.dropFirst().allSatisfy { listed.contains($0.last ?? "") })
      for (label, figures) in described.enumerated() {
        let known = table.dropFirst().filter { $0[5 + label] != "" }
        let expected = auroc(known.map { (Double($0[1 + label])!, $0[5 + label] == "1") })
        #expect(abs(try #require(figures["auroc"] as? Double) - expected) < 1e-9)
        #expect(figures["known"] as? Int == known.count && known.count < table.count - 1)
        let prevalence = Double(known.count { $0[5 + label] == "1" }) / Double(known.count)
        #expect(abs(try #require(figures["prevalence"] as? Double) - prevalence) < 1e-12)
      }
      let page = try sandbox.text("run/report.html")
      for part in [
        "Test mean AUROC", "Best test mean AUROC", "ROC curve of Trouser", "Precision and recall of Dress",
        "share with the label",
      ] {
        #expect(page.contains(part), "\(part)")
      }
      let warning = "best F1 on these test images, so precision, recall and F1 are too high for new ones"
      #expect(page.contains(warning) && run.errors.contains("best F1 are chosen on the test images"))
      expectSuccess(try await sandbox.run(["report", "run"]))
      #expect(try sandbox.text("run/report.html") == page)

      let metadata = try TensorFile(bytes("run/model.safetensors")).metadata
      #expect(metadata["activation"] == "sigmoid")
      let thresholds = try JSONDecoder().decode([Double].self, from: Data((metadata["thresholds"] ?? "").utf8))
      #expect(thresholds.count == labelNames.count)
      for (found, figures) in zip(thresholds, described) {
        #expect(abs(found - (try #require(figures["threshold"] as? Double))) < 1e-12)
      }

      // The weights know the columns, and how the table was split.
      let evaluate =
        ["evaluate", "--weights", "run/model.safetensors", "--quiet", "--json", "--dataset", "csv:pairs/pairs.csv"]
      let held = try await sandbox.run(evaluate + ["--part", "test"])
      let measured = try object(held.output)
      #expect(measured["examples"] as? Int == table.count - 1)
      #expect(abs(try #require(measured["mean_auroc"] as? Double) - mean) < 1e-9)
      for (options, says) in [([], true), (["--threshold", "0.4"], false)] {
        let folder = says ? "own" : "other"
        expectSuccess(try await sandbox.run(evaluate + ["--part", "test", "--output", folder] + options))
        let files = try sandbox.text("\(folder)/predictions.csv").split(separator: "\n").dropFirst()
        #expect(files.allSatisfy { listed.contains(String($0.split(separator: ",").last ?? "")) })
        #expect(try sandbox.text("\(folder)/report.html").contains("on the test images of training") == says)
      }
      // Decisions are the same though probabilities differ in the last bits, those on the thresholds' edge included.
      let own = try #require(measured["labels"] as? [[String: Any]])
      for (figures, expected) in zip(own, described) {
        for key in ["f1", "recall", "precision", "threshold"] {
          #expect(try #require(figures[key] as? Double) == (try #require(expected[key] as? Double)), "\(key)")
        }
        #expect(abs(try #require(figures["auroc"] as? Double) - (try #require(expected["auroc"] as? Double))) < 1e-9)
      }
      let losses = try (#require(measured["test_loss"] as? Double), #require(summary["test_loss"] as? Double))
      #expect(abs(losses.0 - losses.1) < 1e-4 * losses.1)
      for key in ["test_accuracy", "top5_accuracy", "test_loss", "examples", "seconds", "skipped", "labels"] {
        #expect(measured.keys.contains(key), "\(key)")
      }
    }

    /// Epoch and thresholds are chosen on the validation images, and the headline is that of the test images.
    @Test func threePartsChooseOnTheirOwnImages() async throws {
      try sandbox.addPairs()
      let shares = ["--val-share", "0.25", "--test-share", "0.25", "--threshold", "best-f1", "--output", "run"]
      let run = try await sandbox.run(labelRun + labelColumns + shares)
      expectSuccess(run)
      #expect(run.errors.contains("val mean AUROC") && !run.errors.contains("chosen on the test images"))
      #expect(
        run.output.contains(
          /^loss [0-9.]+, train acc [0-9.]+, val mean AUROC [0-9.]+, test mean AUROC [0-9.]+, test mAP [0-9.]+\n/),
        "\(run.output)")
      let page = try sandbox.text("run/report.html")
      for name in ["Test mean AUROC", "Validation mean AUROC", "Best validation mean AUROC"] {
        #expect(page.contains("<dt>\(name)</dt>"), "\(name)")
      }
      #expect(page.contains("best F1 on the validation images.") && !page.contains("too high for new"))
      #expect(page.contains("test mean AUROC of its weights") && !page.contains("alidation accuracy"))
      let summary = try sandbox.json("run/summary.json")
      #expect(summary["val_accuracy"] is Double && summary["mean_auroc"] is Double)
      let best = try #require(summary["best_val_mean_auroc"] as? Double)
      let line = "densenet: best val mean AUROC \(String(format: "%.3f", best)) after epoch"
      #expect(run.errors.contains(line), "\(run.errors)")
      let evaluation = try sandbox.json("run/evaluation.json")
      #expect(evaluation["mean_auroc"] as? Double == summary["mean_auroc"] as? Double)
      let points = try metrics(sandbox.text("run/metrics.jsonl"))
      #expect(points.last?["val_mean_auroc"] is Double && points.last?["test_mean_auroc"] == nil)
      #expect(points.last?["val_mean_auroc"] as? Double == summary["val_mean_auroc"] as? Double)
      #expect(points.compactMap { $0["val_mean_auroc"] as? Double }.max() == best)
      let metadata = try TensorFile(bytes("run/model.safetensors")).metadata
      let thresholds = try JSONDecoder().decode([Double].self, from: Data((metadata["thresholds"] ?? "").utf8))
      let described = try #require(evaluation["labels"] as? [[String: Any]])
      for (found, figures) in zip(thresholds, described) {
        #expect(abs(found - (try #require(figures["threshold"] as? Double))) < 1e-12)
      }
      // A threshold that the test images chose would be one of their own probabilities.
      let rows = try sandbox.text("run/predictions.csv").split(separator: "\n").dropFirst()
      let probabilities = Set(rows.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false)[1...4] })
      #expect(thresholds.contains { !probabilities.contains(Substring("\($0)")) })
    }

    @Test func predictionsAreSigmoidsWhateverTheFile() async throws {
      try sandbox.addPairs(48)
      let options = ["--threshold", "0.3", "--max-steps", "2", "--quiet", "--output", "run"]
      expectSuccess(try await sandbox.run(labelRun + labelColumns + options))
      let weights = "run/model.safetensors"
      expectSuccess(try await sandbox.run(["export", "--weights", weights, "--output", "n.onnx"]))
      #expect(try bytes("n.onnx").range(of: Data("activation".utf8)) != nil)
      #expect(try bytes("n.onnx").range(of: Data("sigmoid".utf8)) != nil)
      expectSuccess(try await sandbox.run(["convert", "n.onnx", "n.pth"]))
      let predict = ["predict", "pairs/1.png", "--quiet", "--weights"]
      let found = try labels(await sandbox.run(predict + [weights, "--json"]))
      #expect(found.map { $0["label"] as? String } == labelNames)
      for label in found {
        let probability = try #require(label["probability"] as? Double)
        #expect(probability > 0 && probability < 1 && label["decision"] as? Bool == (probability >= 0.3))
        #expect(label["threshold"] as? Double == 0.3)
      }
      for file in ["n.onnx", "n.pth"] {
        let other = try labels(await sandbox.run(predict + [file, "--format", "json"]))
        #expect(other as NSArray == found as NSArray, "\(file)")
      }
      let all = try labels(await sandbox.run(predict + [weights, "--json", "--threshold", "0.0001"]))
      #expect(all.allSatisfy { $0["decision"] as? Bool == true })
      let maps = ["--threshold", "0.0001", "--cam", "maps"]
      expectSuccess(try await sandbox.run(predict + [weights] + maps))
      #expect(sandbox.names(in: "maps") == labelNames.map { "1.\($0).cam.png" })
      let csv = try await sandbox.run(predict + [weights, "--format", "csv"]).output.split(separator: "\n")
      #expect(csv[0] == "file,rank,class,index,probability,decision,threshold" && csv.count == 5)
      #expect(csv.dropFirst().allSatisfy { $0.hasSuffix(",0.3") })
      let text = try await sandbox.run(predict + [weights]).output
      #expect(text.contains("T-shirt") && text.contains(/probability +threshold +decision\n/))
      #expect(text.split(separator: "\n").count { $0.contains(/[0-9]% +30\.00% +(yes|no)$/) } == 4, "\(text)")

      // Both views' sigmoids are averaged: the mirrored image's own are those that are missing.
      let twice = try labels(await sandbox.run(predict + [weights, "--json", "--tta", "flip"]))
      let original = try DecodedImage(contentsOf: sandbox.url("pairs/1.png").path)
      let pixels = (0..<original.height).flatMap { y in
        original.pixels[y * original.width..<(y + 1) * original.width].reversed()
      }
      let mirrored = DecodedImage(width: original.width, height: original.height, channels: 1, pixels: pixels)
      try sandbox.write(Data(try mirrored.pngData()), to: "pairs/1.png")
      let second = try labels(await sandbox.run(predict + [weights, "--json"]))
      for label in 0..<4 {
        let parts = [found, second].compactMap { $0[label]["probability"] as? Double }
        let mean = try #require(twice[label]["probability"] as? Double)
        #expect(abs(mean - (parts[0] + parts[1]) / 2) < 1e-6)
      }
    }

    @Test func joinedNamesAreTheSameLabels() async throws {
      try sandbox.addPairs(48)
      // Columns that say what the joined names say.
      let rows = try sandbox.text("pairs/pairs.csv").split(separator: "\n").dropFirst().map { line in
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        let found = Set(fields[6].split(separator: "|"))
        return (fields[0...1] + labelNames.map { found.contains(Substring($0)) ? "1.0" : "0.0" } + [fields[6]])
          .joined(separator: ",")
      }
      let head = (["Image", "Person"] + labelNames + ["Findings"]).joined(separator: ",")
      try sandbox.write(Data(([head] + rows).joined(separator: "\n").utf8), to: "pairs/pairs.csv")
      let options = ["--max-steps", "2", "--quiet", "--output"]
      expectSuccess(try await sandbox.run(labelRun + labelColumns + options + ["columns"]))
      let joined = ["--path-column", "Image", "--label-column", "Findings", "--label-separator", "|"]
      expectSuccess(try await sandbox.run(labelRun + joined + options + ["joined"]))
      let weights = try ["columns", "joined"].map { try TensorFile(bytes("\($0)/model.safetensors")) }
      #expect(weights[0].tensors.mapValues(\.values) == weights[1].tensors.mapValues(\.values))
      // They differ in nothing but how their table is read.
      let metadata = weights.map { $0.metadata.filter { $0.key != "table_columns" } }
      #expect(metadata[0] == metadata[1])
    }

    /// Kills runs at random instants, and lets each go on until it is complete: by its options, or by its folder alone.
    @Test func aKilledRunComesToTheSameBits() async throws {
      try sandbox.addPairs()
      let command =
        labelRun + labelColumns + ["--threshold", "best-f1", "--accumulate", "2", "--mixup", "0.3", "--quiet"]
      expectSuccess(try await sandbox.run(command + ["--output", "whole"]))
      let files = ["model.safetensors", "best.safetensors", "evaluation.json", "predictions.csv"]
      var generator = SystemRandomNumberGenerator()
      for (run, instant) in [0.6, 1.2, 1.8, 2.4].enumerated() {
        let folder = "run\(run)"
        let running = try sandbox.start(command + ["--output", folder, "--checkpoint-steps", "1"])
        _ = try await wait(seconds: instant + Double.random(in: -0.3...0.3, using: &generator)) {
          !running.process.isRunning
        }
        if running.process.isRunning { kill(running.process.processIdentifier, SIGKILL) }
        _ = try await running.outcome()
        let isBegun = FileManager.default.fileExists(atPath: sandbox.url("\(folder)/config.json").path)
        let resume = run % 2 == 0 && isBegun ? ["train", "--quiet"] : command
        expectSuccess(try await sandbox.run(resume + ["--output", folder, "--resume"]))
        for file in files { #expect(try bytes("\(folder)/\(file)") == bytes("whole/\(file)"), "\(folder)/\(file)") }
      }
    }

    /// What is given with --resume is applied: another run is refused, by the option's name, and the run's own stays.
    @Test func resumingWithOtherLabelOptionsIsRefused() async throws {
      try sandbox.addPairs(48)
      let own = ["--threshold", "0.3", "--uncertain", "zero", "--max-steps", "2", "--quiet", "--output", "run"]
      expectSuccess(try await sandbox.run(labelRun + labelColumns + own))
      let before = try bytes("run/config.json")
      let resume = ["train", "--resume", "--output", "run", "--quiet"]
      let changes: [([String], String)] = [
        (["--pos-weight", "7,7,7,7"], "--pos-weight"), (["--threshold", "0.9"], "--threshold"),
        (["--uncertain", "one"], "--uncertain"), (["--label-columns", "Dress,Pullover"], "--label-columns"),
        (["--group-column", "Findings"], "--group-column"),
        (["--label-column", "Findings", "--label-separator", "|"], "--label-separator"),
      ]
      for (options, name) in changes {
        for more in [[], ["--epochs", "4", "--max-steps", "40"]] {
          let outcome = try await sandbox.run(resume + options + more)
          // After what is said of the table.
          #expect(outcome.status == 65 && outcome.output == "", "\(options)")
          let line = try #require(outcome.errorLines.last)
          #expect(line.contains("its run has other settings") && line.contains("\(name), "), "\(line)")
        }
      }
      #expect(try bytes("run/config.json") == before)
      // The run's own, given or not.
      let same = ["--pos-weight", "balanced", "--threshold", "0.3", "--uncertain", "zero"] + labelColumns
      for (options, steps) in [([], "3"), (same, "4")] {
        expectSuccess(try await sandbox.run(resume + options + ["--max-steps", steps]))
      }
      let recipe = try #require(try sandbox.json("run/config.json")["recipe"] as? [String: Any])
      #expect(recipe["pos_weight"] as? String == "balanced" && recipe["threshold"] as? String == "0.3")
    }

    @Test func oneLabelIsAYesOrNo() async throws {
      try sandbox.addPairs(48)
      let one = ["--path-column", "Image", "--label-columns", "Dress"]
      expectSuccess(try await sandbox.run(labelRun + one + ["--max-steps", "2", "--quiet", "--output", "run"]))
      let predict = ["predict", "pairs/1.png", "--quiet", "--weights", "run/model.safetensors"]
      let found = try labels(await sandbox.run(predict + ["--json"]))
      #expect(found.count == 1 && found[0]["label"] as? String == "Dress")
      let probability = try #require(found[0]["probability"] as? Double)
      #expect(probability > 0 && probability < 1)
      let csv = try await sandbox.run(predict + ["--format", "csv"]).output.split(separator: "\n")
      #expect(csv.count == 2 && csv[1].hasPrefix("pairs/1.png,1,Dress,0,\(probability),"))

      // One class per image is no yes or no: it would always be right. Also where the file does not say what it is of.
      var bare = try TensorFile(bytes("run/model.safetensors"))
      for key in ["activation", "class_names"] { bare.metadata[key] = nil }
      try sandbox.write(try bare.serialized(), to: "bare.safetensors")
      bare.metadata["activation"] = "softmax"
      try sandbox.write(try bare.serialized(), to: "softmax.safetensors")
      try sandbox.write(Data("path,label\npairs/1.png,Dress\npairs/2.png,Dress\n".utf8), to: "classes.csv")
      try sandbox.write(try bytes("pairs/1.png"), to: "classes/Dress/1.png")
      for weights in ["run/model", "bare", "softmax"] {
        let evaluate = ["evaluate", "--quiet", "--weights", "\(weights).safetensors", "--dataset"]
        expectFailure(
          try await sandbox.run(evaluate + ["folder:classes"]), 65,
          saying: ["a folder", "a table and its columns of labels", "--label-columns"])
        expectFailure(
          try await sandbox.run(evaluate + ["csv:classes.csv", "--label-column", "label"]), 65,
          saying: ["one class per image in classes.csv", "--label-columns"])
        expectSuccess(try await sandbox.run(evaluate + ["csv:pairs/pairs.csv"] + one))
      }
    }

    /// Weights that do not say what their outputs are may be of either kind; those for one class per image are not.
    @Test func outputsThatExcludeEachOtherAreNoLabels() async throws {
      try sandbox.addPairs(48)
      let short = ["--max-steps", "2", "--quiet", "--output", "run"]
      expectSuccess(try await sandbox.run(labelRun + labelColumns + short))
      let evaluate = ["evaluate", "--quiet", "--dataset", "csv:pairs/pairs.csv"] + labelColumns
      var file = try TensorFile(bytes("run/model.safetensors"))
      file.metadata["activation"] = nil
      try sandbox.write(try file.serialized(), to: "bare.safetensors")
      let bare = try await sandbox.run(evaluate + ["--weights", "bare.safetensors"])
      expectSuccess(bare)
      #expect(bare.errors.contains("warning: bare.safetensors: the weights do not say that an image may have several"))
      file.metadata["activation"] = "softmax"
      try sandbox.write(try file.serialized(), to: "softmax.safetensors")
      let softmax = try await sandbox.run(evaluate + ["--weights", "softmax.safetensors"])
      expectFailure(softmax, 65, saying: ["found weights for one class per image", "--label-column"])
    }

    /// What -1 means is known to the weights.
    @Test(arguments: ["zero", "one"])
    func uncertainLabelsAreEvaluatedAsTheyWereLearnt(_ policy: String) async throws {
      try sandbox.addPairs(48)
      let options = ["--uncertain", policy, "--max-steps", "2", "--quiet", "--output", "run"]
      expectSuccess(try await sandbox.run(labelRun + labelColumns + options))
      let evaluate =
        ["evaluate", "--weights", "run/model.safetensors", "--quiet", "--json", "--dataset", "csv:pairs/pairs.csv"]
      func labels(_ record: [String: Any]) throws -> [[Int]] {
        try #require(record["labels"] as? [[String: Any]]).map { label in
          ["known", "positives"].compactMap { label[$0] as? Int }
        }
      }
      let outcome = try await sandbox.run(evaluate + ["--part", "test"])
      expectSuccess(outcome)
      #expect(outcome.errors.contains("labels of -1 are read as in training: \(policy) (--uncertain)"))
      #expect(try labels(object(outcome.output)) == labels(sandbox.json("run/evaluation.json")))
      let ignored = try await sandbox.run(evaluate + ["--part", "test", "--uncertain", "ignore"])
      expectSuccess(ignored)
      #expect(!ignored.errors.contains("as in training"))
      let joined = ["--label-column", "Findings", "--label-separator", "|", "--uncertain", "one"]
      expectFailure(try await sandbox.run(evaluate + joined), 64, saying: ["--uncertain", "--label-columns"])
      #expect(try labels(object(ignored.output)) != labels(sandbox.json("run/evaluation.json")))
    }

    @Test(arguments: [
      (["--threshold", "0.4"], "--threshold"), (["--pos-weight", "balanced"], "--pos-weight"),
    ])
    func settingsForLabelsNeedLabels(_ options: [String], _ name: String) async throws {
      expectFailure(try await sandbox.run(oneStep + options), 64, saying: ["several labels", name])
    }

    @Test func whatDoesNotGoTogetherIsRefusedInOneLine() async throws {
      try sandbox.addPairs(12)
      let base = labelRun + labelColumns + ["--quiet", "--output", "run"]
      let cases: [(options: [String], status: Int32, parts: [String])] = [
        (base + ["--class-weights", "balanced"], 64, ["--class-weights", "--pos-weight"]),
        (base + ["--pos-weight", "1,2"], 64, ["expected 4", "found 2", "--pos-weight"]),
        (base + ["--label-separator", "|"], 64, ["--label-columns", "--label-separator"]),
        (base + ["--threshold", "1.5"], 64, ["--threshold"]),
        (
          labelRun + ["--path-column", "Image", "--label-columns", "Dress,Shoe"], 65,
          ["no column \"Shoe\"", "--label-columns"]
        ),
        (labelRun + ["--label-columns", "Dress"], 65, ["no column \"path\"", "--path-column"]),
        (
          labelRun + ["--path-column", "Image", "--label-columns", "Dress,Findings"], 65,
          ["line 2, column \"Findings\""]
        ),
        (["train", "--dataset", "folder:pairs", "--label-columns", "a,b"], 64, ["csv:FILE"]),
      ]
      for (options, status, parts) in cases {
        expectFailure(try await sandbox.run(options), status, saying: parts)
      }
      #expect(sandbox.names(in: "run") == nil)
    }
  }
}
