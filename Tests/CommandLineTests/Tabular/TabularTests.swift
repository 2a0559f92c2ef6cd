import Foundation
import Testing

/// A table of 80 houses whose prices follow from their columns, and of 20 more without prices.
private enum Houses {
  static func table(_ rows: Range<Int>, priced: Bool = true, columns order: [String]? = nil) -> String {
    let columns = order ?? ["Id", "Area", "Zone", "Age", "Note", "Country"] + (priced ? ["Price"] : [])
    let lines = rows.map { row in columns.map { field($0, row) }.joined(separator: ",") }
    return ([columns.joined(separator: ",")] + lines).joined(separator: "\r\n") + "\r\n"
  }

  static func area(_ row: Int) -> Int { 50 + row * 37 % 151 }

  private static func field(_ column: String, _ row: Int) -> String {
    let zone = ["north", "south", "\"by the sea, south\""][row % 3]
    switch column {
    case "Id": return "h\(row)"
    case "Area": return "\(area(row))"
    case "Zone": return row % 11 == 5 ? "" : zone
    case "Age": return row % 7 == 2 ? "NA" : "\(row * 13 % 50)"
    case "Note": return ""
    case "Country": return "Utopia"
    case "Extra": return "\(row)"
    default: return "\(Double(area(row)) * 1000 * [1.0, 1.5, 3.0][row % 3])"
    }
  }
}

private let small = ["--target", "Price", "--id", "Id", "--epochs", "3", "--folds", "3", "--quiet"]

extension Command {
  @Suite struct Tabular {
    let sandbox = try! Sandbox()

    init() throws {
      try write("train.csv", Houses.table(0..<80))
      try write("test.csv", Houses.table(80..<100, priced: false))
    }

    private func write(_ path: String, _ text: String) throws { try Data(text.utf8).write(to: sandbox.url(path)) }

    private func train(_ options: [String], table: String = "train.csv") async throws -> Outcome {
      try await sandbox.run(["tabular", "train", table] + options)
    }

    @Test func leavesARunFolder() async throws {
      let outcome = try await train([
        "--test", "test.csv", "--target", "Price", "--id", "Id", "--epochs", "4", "--seed", "5", "--output", "run",
      ])
      expectSuccess(outcome)
      let lines =
        /log rmse \d\.\d{4} in 5-fold cross-validation \((\d\.\d{4}(, )?){5}\)\n20 predictions in run\/submission.csv\n/
      #expect(outcome.output.wholeMatch(of: lines) != nil, "\(outcome.output)")
      for part in ["left out \"Note\": every value is missing", "left out \"Country\"", "80 rows, 5 folds", "fold 5/5"]
      {
        #expect(outcome.errors.contains(part), "\(outcome.errors)")
      }
      #expect(
        sandbox.names(in: "run") == [
          "config.json", "folds.csv", "model.safetensors", "preprocessing.json", "submission.csv", "summary.json",
        ])
      let summary = try sandbox.json("run/summary.json")
      let folds = try #require(summary["fold_log_rmse"] as? [Double])
      let mean = try #require(summary["cv_log_rmse"] as? Double)
      #expect(folds.count == 5 && abs(folds.reduce(0, +) / 5 - mean) < 1e-12)
      #expect(summary["rows"] as? Int == 80 && summary["test_rows"] as? Int == 20 && summary["folds"] as? Int == 5)
      // Area and Age; north, south, by the sea, missing.
      #expect(summary["features"] as? Int == 6 && summary["epochs"] as? Int == 4 && summary["seed"] as? Int == 5)
      #expect(summary["parameters"] as? Int == 7 * 16 + 23 * 16 + 39 && summary["model"] as? String == "dense-mlp")
      #expect(summary["seconds"] as? Double ?? 0 > 0 && summary["cv_rmse"] == nil)

      let submission = try sandbox.text("run/submission.csv").split(separator: "\n")
      #expect(submission[0] == "Id,Price" && submission.count == 21)
      #expect(submission.dropFirst().map { $0.split(separator: ",")[0] } == (80..<100).map { "h\($0)" })
      #expect(submission.dropFirst().allSatisfy { Double($0.split(separator: ",")[1])! > 0 })
      let parts = try sandbox.text("run/folds.csv").split(separator: "\n")
      #expect(parts[0] == "Id,fold" && parts.count == 81)
      #expect(Set(parts.dropFirst().map { $0.split(separator: ",")[1] }) == ["0", "1", "2", "3", "4"])
      let config = try sandbox.json("run/config.json")
      #expect(["table", "version", "arguments", "machine", "optimizer", "lr"].filter { config[$0] == nil } == [])
    }

    @Test func printsJSONAlone() async throws {
      let outcome = try await train(small + ["--output", "run", "--json"])
      expectSuccess(outcome)
      #expect(outcome.errors == "" && outcome.output.split(separator: "\n").count == 1)
      let (printed, written) = (try object(outcome.output), try sandbox.json("run/summary.json"))
      #expect(NSDictionary(dictionary: printed).isEqual(to: written))
      #expect(sandbox.names(in: "run")?.contains("submission.csv") == false && written["test_rows"] is NSNull)
    }

    @Test func equalRunsGiveEqualFiles() async throws {
      let variants = [
        "a": ["--threads", "1"], "b": ["--threads", "2"], "c": ["--threads", "3"], "seed": ["--seed", "1"],
      ]
      for (name, options) in variants {
        expectSuccess(try await train(small + ["--test", "test.csv", "--output", name] + options))
      }
      for file in ["model.safetensors", "submission.csv", "folds.csv", "preprocessing.json"] {
        func content(_ run: String) throws -> Data { try Data(contentsOf: sandbox.url("\(run)/\(file)")) }
        #expect(try content("a") == content("b") && content("a") == content("c"), "\(file)")
        #expect(try content("a") != content("seed"), "\(file)")
      }
    }

    @Test(arguments: ["dense-mlp", "mlp"])
    func learns(_ model: String) async throws {
      let options = ["--target", "Price", "--id", "Id", "--test", "test.csv", "--quiet", "--epochs", "150"]
      expectSuccess(
        try await train(options + ["--dropout", "0", "--batch-size", "16", "--output", "run", "--model", model]))
      let summary = try sandbox.json("run/summary.json")
      // The deviation of the logarithms is 0.58, and where the zone is missing it cannot be told.
      #expect(try #require(summary["cv_log_rmse"] as? Double) < 0.25)
      let parameters = try #require(summary["parameters"] as? Int)
      #expect(abs(Double(parameters) / 519 - 1) < 0.1, "\(parameters)")
      for line in try sandbox.text("run/submission.csv").split(separator: "\n").dropFirst() {
        let fields = line.split(separator: ",")
        let row = try #require(Int(fields[0].dropFirst()))
        guard row % 11 != 5 else { continue }
        let ratio = try #require(Double(fields[1])) / (Double(Houses.area(row)) * 1000 * [1.0, 1.5, 3.0][row % 3])
        #expect(ratio > 0.6 && ratio < 1.7, "row \(row): \(ratio)")
      }
    }

    @Test func takesTargetsAsTheyAre() async throws {
      try write("signed.csv", "x,y\n" + (0..<30).map { "\($0),\($0 * 3 - 40)\n" }.joined())
      let outcome = try await train(
        ["--target", "y", "--no-log-target", "--quiet", "--epochs", "200", "--output", "run", "--dropout", "0"],
        table: "signed.csv")
      expectSuccess(outcome)
      #expect(outcome.output.hasPrefix("rmse "), "\(outcome.output)")
      let summary = try sandbox.json("run/summary.json")
      #expect(try #require(summary["cv_rmse"] as? Double) < 10 && summary["cv_log_rmse"] == nil)
      #expect(try sandbox.text("run/folds.csv").hasPrefix("row,fold\n1,"))
      expectFailure(
        try await train(["--target", "y", "--output", "other"], table: "signed.csv"), 65,
        saying: ["signed.csv, line 2, column \"y\"", "above 0", "\"-40\"", "--no-log-target"])
      #expect(sandbox.names(in: "other") == nil)
    }

    @Test func matchesColumnsByName() async throws {
      try write(
        "moved.csv",
        Houses.table(80..<100, columns: ["Country", "Zone", "Extra", "Age", "Note", "Price", "Id", "Area"]))
      expectSuccess(try await train(small + ["--test", "test.csv", "--output", "a"]))
      let outcome = try await train(small.dropLast() + ["--test", "moved.csv", "--output", "b"])
      expectSuccess(outcome)
      #expect(
        outcome.errors.contains("moved.csv: not used, since training did not use them: Extra"), "\(outcome.errors)")
      #expect(try sandbox.text("a/submission.csv") == sandbox.text("b/submission.csv"))
    }

    @Test func takesNewCategoriesForMissing() async throws {
      let rows = ["h1,100,,7,,Utopia", "h2,100,moon,7,,Utopia", "h3,100,north,7,,Elsewhere"]
      try write("new.csv", "Id,Area,Zone,Age,Note,Country\n" + rows.joined(separator: "\n"))
      expectSuccess(try await train(small + ["--test", "new.csv", "--output", "run"]))
      let lines = try sandbox.text("run/submission.csv").split(separator: "\n").map { $0.split(separator: ",") }
      #expect(lines.count == 4 && lines[1][1] == lines[2][1] && lines[1][1] != lines[3][1])
    }

    @Test func leavesOutColumns() async throws {
      expectSuccess(try await train(small + ["--output", "run", "--drop", "Zone", "--drop", "Age"]))
      #expect(try sandbox.json("run/summary.json")["features"] as? Int == 1)
      expectFailure(
        try await train(small + ["--output", "other", "--drop", "Pool"]), 65, saying: ["no column \"Pool\""])
      expectFailure(
        try await train(small + ["--output", "other", "--drop", "Price"]), 64, saying: ["\"Price\"", "--target"])
    }

    @Test func refusesAFolderThatHoldsARun() async throws {
      expectSuccess(try await train(small + ["--output", "run"]))
      let before = try sandbox.text("run/summary.json")
      expectFailure(try await train(small + ["--output", "run"]), 64, saying: ["run: already holds a run"])
      #expect(try sandbox.text("run/summary.json") == before)
    }

    /// A table in the place of what a run writes, and predictions in the place of a run's file.
    @Test func tablesAndRunsAreKept() async throws {
      try write("folds.csv", Houses.table(80..<100, priced: false))
      expectFailure(
        try await train(small + ["--test", "folds.csv", "--output", "."]), 64,
        saying: ["without folds.csv", "(--output)"])
      expectSuccess(try await train(small + ["--output", "run"]))
      let predict = ["tabular", "predict", "run", "train.csv", "--output"]
      for file in ["run/folds.csv", "train.csv"] {
        let outcome = try await sandbox.run(predict + [file])
        expectFailure(outcome, 64, saying: ["\(file): expected a file other", "(--output)"])
      }
      for _ in 1...2 { expectSuccess(try await sandbox.run(predict + ["run/prices.csv"])) }
    }

    @Test(
      arguments: [
        ("", 65, ["t.csv", "an empty file"]),
        ("Id,x,Price\n", 65, ["t.csv", "expected rows below the header"]),
        ("Id,x,Price\n1,2,3\n2,3\n3,4,5", 65, ["t.csv, line 3, column \"Price\"", "expected 3 fields"]),
        ("Id,x,x,Price\n1,2,3,4", 65, ["both named \"x\""]),
        ("Id,x,Price\n1,\"2,3\n2,3,4", 65, ["t.csv, line 2, column \"x\"", "never closed"]),
        ("Id,x\n1,2\n2,3\n3,4", 65, ["no column \"Price\"", "Id, x"]),
        ("x,Price\n1,2\n2,3\n3,4", 65, ["no column \"Id\""]),
        ("Id,x,Price\n1,2,3\n2,3,NA\n3,4,5", 65, ["line 3, column \"Price\"", "\"NA\""]),
        ("Id,x,Price\n1,2,3\n2,3,0\n3,4,5", 65, ["line 3, column \"Price\"", "above 0"]),
        ("Id,x,Price\n1,1e309,3\n2,3,4\n3,4,5", 65, ["line 2, column \"x\"", "1e309"]),
        ("Id,x,Price\n1,2,3\n2,2,4\n3,2,5", 65, ["expected columns to learn from"]),
        ("Id,x,Price\n1,2,3\n2,3,3\n3,4,3", 65, ["different values of \"Price\""]),
        ("Id,x,Price\n1,2,3\n2,3,4", 64, ["--folds", "2 rows"]),
      ] as [(String, Int32, [String])])
    func saysWhatIsWrongWithATable(_ text: String, _ status: Int32, _ parts: [String]) async throws {
      try write("t.csv", text)
      expectFailure(try await train(small + ["--output", "run"], table: "t.csv"), status, saying: parts)
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test(
      arguments: [
        ("Id,Area,Zone\nh1,2,north", 65, ["t.csv", "missing: Age"]),
        ("Area,Zone,Age\n2,north,5", 65, ["t.csv", "no column \"Id\""]),
        ("Id,Area,Zone,Age\nh1,large,north,5", 65, ["t.csv, line 2, column \"Area\"", "\"large\""]),
        ("Id,Area,Zone,Age", 65, ["t.csv", "expected rows"]),
      ] as [(String, Int32, [String])])
    func saysWhatIsWrongWithATestTable(_ text: String, _ status: Int32, _ parts: [String]) async throws {
      try write("t.csv", text)
      expectFailure(try await train(small + ["--output", "run", "--test", "t.csv"]), status, saying: parts)
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func refusesBytesThatAreNotUTF8() async throws {
      try Data("Id,x,Price\n1,caf".utf8 + [0xE9] + ",3\n".utf8).write(to: sandbox.url("t.csv"))
      expectFailure(
        try await train(small + ["--output", "run"], table: "t.csv"), 65,
        saying: ["t.csv, line 2, column \"x\"", "UTF-8"])
      expectFailure(
        try await train(small + ["--output", "run"], table: "none.csv"), 66, saying: ["none.csv: no such file"])
    }

    @Test func refusesIdentifiersAsFeatures() async throws {
      try write("t.csv", "name,Price\n" + (0..<17_000).map { "n\($0),\($0 + 1)\n" }.joined())
      expectFailure(
        try await train(["--target", "Price", "--output", "run"], table: "t.csv"), 65,
        saying: ["at most 16,384 features", "\"name\"", "17,000 categories"])
    }

    @Test(arguments: [
      (["--folds", "1"], ["--folds"]), (["--folds", "81"], ["--folds", "80 rows"]), (["--layers", "65"], ["layers"]),
      (["--dropout", "1"], ["--dropout"]), (["--lr", "0"], ["--lr"]), (["--weight-decay", "-1"], ["--weight-decay"]),
      (["--growth-rate", "5000"], ["growth_rate"]),
      (["--epochs", "0"], ["--epochs"]), (["--model", "forest"], ["--model"]), (["--seed", "x"], ["--seed"]),
      (["--id", "Price"], ["--target"]),
    ])
    func refusesOptions(_ options: [String], _ parts: [String]) async throws {
      expectFailure(try await train(small + ["--output", "run"] + options), 64, saying: parts)
      #expect(sandbox.names(in: "run") == nil)
    }

    @Test func endsInOrderWhenInterrupted() async throws {
      let running = try sandbox.start(
        ["tabular", "train", "train.csv", "--target", "Price", "--output", "run", "--epochs", "1000000"])
      #expect(try await wait(seconds: 60) { sandbox.names(in: "run")?.contains("folds.csv") == true })
      kill(running.process.processIdentifier, SIGINT)
      let outcome = try await running.outcome()
      #expect(outcome.status == 130 && outcome.output == "")
      let line = try #require(outcome.errorLines.last)
      #expect(line == "densenet: interrupted; settings and folds are in run", "\(line)")
      #expect(sandbox.names(in: "run") == ["config.json", "folds.csv"])
    }

    @Test func makesMorePassesOverSmallTables() async throws {
      let options = ["--target", "Price", "--id", "Id", "--quiet"]
      expectSuccess(try await train(options + ["--batch-size", "32", "--output", "a"]))
      // Two batches an epoch: 200 of them make 400 updates.
      #expect(try sandbox.json("a/summary.json")["epochs"] as? Int == 200)
      expectSuccess(try await train(options + ["--batch-size", "1", "--output", "b"]))
      #expect(try sandbox.json("b/summary.json")["epochs"] as? Int == 20)
    }

    @Test func saysWhenItDiverges() async throws {
      let outcome = try await train(small + ["--output", "run", "--lr", "1e30", "--epochs", "20"])
      expectFailure(outcome, 65, saying: ["diverged", "smaller learning rate"])
      #expect(sandbox.names(in: "run")?.contains("summary.json") == false)
    }
  }
}
