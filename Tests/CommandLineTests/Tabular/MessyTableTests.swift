import Foundation
import Testing

/// 60 rows of a table whose target follows from its columns, in any layout.
private struct Rows {
  var header = ["Id", "Area", "Zone", "New", "Price"]
  var rows = (0..<60).map { row in
    [
      "h\(row)", "\(50 + row * 37 % 151)", ["north", "south"][row % 2], ["True", "False"][row % 2],
      "\(1000 + row * 5).5",
    ]
  }

  func text(_ delimiter: String = ",") -> String {
    ([header] + rows).map { $0.joined(separator: delimiter) + "\n" }.joined()
  }

  func changed(_ row: Int, _ column: Int, _ text: String) -> Rows {
    var copy = self
    copy.rows[row][column] = text
    return copy
  }

  /// Without the target.
  var unpriced: Rows { Rows(header: header.dropLast(), rows: rows.map { $0.dropLast() }) }
}

private let options = ["--target", "Price", "--epochs", "2", "--folds", "2", "--growth-rate", "2"]

extension Command {
  /// Tables as people have them: nothing in them may change what is learnt without a word.
  @Suite struct MessyTables {
    let sandbox = try! Sandbox()

    private func train(_ table: String, _ more: [String]) async throws -> Outcome {
      try sandbox.write(Data(table.utf8), to: "t.csv")
      return try await sandbox.run(["tabular", "train", "t.csv"] + options + more)
    }

    private func kinds(_ run: String) throws -> [String: String] {
      let columns = try #require(try sandbox.json("\(run)/preprocessing.json")["columns"] as? [[String: String]])
      return Dictionary(columns.map { ($0["name"]!, $0["kind"]!) }, uniquingKeysWith: { $1 })
    }

    @Test func namesAFieldThatIsNoNumber() async throws {
      let table = Rows().changed(6, 1, "?").text()
      expectFailure(
        try await train(table, ["--id", "Id", "--output", "run"]), 65,
        saying: ["t.csv, line 8, column \"Area\"", "as 59 of 60 values are", "\"?\"", "--na", "--categorical"])
      #expect(sandbox.names(in: "run") == nil)
      // As a missing value it is what an empty field is.
      expectSuccess(try await train(table, ["--id", "Id", "--output", "marked", "--na", "-999,?", "--quiet"]))
      expectSuccess(
        try await train(Rows().changed(6, 1, "").text(), ["--id", "Id", "--output", "empty", "--quiet"]))
      #expect(try sandbox.text("marked/preprocessing.json") == sandbox.text("empty/preprocessing.json"))
      #expect(try kinds("marked") == ["Area": "numeric", "Zone": "categorical", "New": "boolean"])
      let forced = try await train(
        table, ["--id", "Id", "--output", "forced", "--categorical", "Area,Zone", "--quiet"])
      expectSuccess(forced)
      #expect(try forced.errors == "" && kinds("forced")["Area"] == "categorical")
    }

    @Test(arguments: ["1,234", "12 %", "$5", "3.5.", "0x10", "n/a."])
    func namesNumbersInOtherNotations(_ text: String) async throws {
      let table = Rows().changed(6, 1, "\"\(text)\"").text()
      expectFailure(
        try await train(table, ["--id", "Id", "--output", "run"]), 65,
        saying: ["line 8, column \"Area\"", "\"\(text)\"", "--categorical"])
    }

    @Test func readsEuropeanTables() async throws {
      var rows = Rows()
      rows.rows = rows.rows.map { $0.map { $0.replacing(".", with: ",") } }
      expectFailure(
        try await train(rows.text(";"), ["--id", "Id", "--output", "run"]), 65, saying: ["semicolons", "--delimiter"])
      expectFailure(
        try await train(rows.text(";"), ["--id", "Id", "--output", "run", "--delimiter", ";"]), 65,
        saying: ["line 2, column \"Price\"", "\"1000,5\"", "--decimal"])
      let european = ["--delimiter", ";", "--decimal", ",", "--id", "Id", "--quiet"]
      expectSuccess(try await train(rows.text(";"), european + ["--output", "euro"]))
      expectSuccess(
        try await train(rows.text("\t"), ["--delimiter", "tab"] + european.dropFirst(2) + ["--output", "tabs"]))
      expectSuccess(try await train(Rows().text(), ["--id", "Id", "--quiet", "--output", "plain"]))
      for run in ["euro", "tabs"] {
        #expect(try sandbox.text("\(run)/preprocessing.json") == sandbox.text("plain/preprocessing.json"))
        #expect(
          try Data(contentsOf: sandbox.url("\(run)/model.safetensors"))
            == Data(contentsOf: sandbox.url("plain/model.safetensors")))
      }
      // The format is remembered, and may be another one for another table.
      try sandbox.write(Data(rows.unpriced.text(";").utf8), to: "euro.csv")
      try sandbox.write(Data(Rows().unpriced.text().utf8), to: "plain.csv")
      let first = try await sandbox.run(["tabular", "predict", "euro", "euro.csv"])
      let second = try await sandbox.run(
        ["tabular", "predict", "euro", "plain.csv", "--delimiter", ",", "--decimal", "."])
      expectSuccess(first)
      #expect(first.output == second.output && first.output.split(separator: "\n").count == 61)
    }

    @Test(
      arguments: [
        (["--delimiter", "ab"], 64, ["--delimiter"]), (["--decimal", "7"], 64, ["--decimal"]),
        (["--decimal", ".", "--thousands", "."], 64, ["--thousands"]),
        (["--categorical", "Zone,Nope"], 65, ["no column \"Nope\""]),
        (["--numeric", "Zone"], 65, ["line 2", "\"north\""]),
        (["--categorical", "Price"], 64, ["\"Price\"", "--categorical"]),
        (["--numeric", "Area", "--drop", "Area"], 64, ["\"Area\"", "--numeric"]),
        (["--numeric", "Area", "--categorical", "Area"], 64, ["--categorical", "--numeric"]),
      ] as [([String], Int32, [String])])
    func refusesOptions(_ more: [String], _ status: Int32, _ parts: [String]) async throws {
      expectFailure(
        try await train(Rows().text(), ["--id", "Id", "--output", "run"] + more), status, saying: parts)
    }

    @Test func leavesOutPandasIndex() async throws {
      let rows = Rows(
        header: [""] + Rows().header, rows: Rows().rows.enumerated().map { ["\($0)"] + $1 })
      let outcome = try await train(rows.text(), ["--id", "Id", "--output", "indexed"])
      expectSuccess(outcome)
      for part in ["an unnamed first column, as pandas writes its index", "--drop", "--id"] {
        #expect(outcome.errors.contains(part), "\(outcome.errors)")
      }
      #expect(try kinds("indexed") == ["Area": "numeric", "Zone": "categorical", "New": "boolean"])
      expectSuccess(try await train(Rows().text(), ["--id", "Id", "--output", "plain"]))
      #expect(try sandbox.text("indexed/preprocessing.json") == sandbox.text("plain/preprocessing.json"))
      let said = try await train(rows.text(), ["--id", "Id", "--output", "said", "--drop", "Unnamed: 0"])
      #expect(!said.errors.contains("note:"), "\(said.errors)")
      // With it or without it, the table to predict is understood.
      try sandbox.write(Data(rows.unpriced.text().utf8), to: "indexed.csv")
      try sandbox.write(Data(Rows().unpriced.text().utf8), to: "plain.csv")
      let outputs = try await [
        sandbox.run(["tabular", "predict", "indexed", "plain.csv"]),
        sandbox.run(["tabular", "predict", "plain", "indexed.csv"]),
      ]
      #expect(outputs[0].output == outputs[1].output && outputs[0].status == 0)
      #expect(outputs[1].errors.contains("not used, since training did not use them: an unnamed first column"))
    }

    @Test func warnsOfIdentifiersAmongFeatures() async throws {
      let named = try await train(Rows().text(), ["--output", "a"])
      #expect(named.errors.contains("warning: t.csv, column \"Id\": 60 different texts"), "\(named.errors)")
      var rows = Rows()
      for row in rows.rows.indices { rows.rows[row][0] = "\(row + 1)" }
      let counted = try await train(rows.text(), ["--output", "b"])
      #expect(counted.errors.contains("warning: t.csv, column \"Id\": its numbers only count"), "\(counted.errors)")
      #expect(counted.errors.contains("--id"))
    }
  }
}

extension Command {
  /// `tabular predict` and what it says of tables that differ from the training table.
  @Suite struct TabularPredict {
    let sandbox = try! Sandbox()

    private func write(_ rows: Rows, _ path: String) throws { try sandbox.write(Data(rows.text().utf8), to: path) }

    private func train(_ more: [String] = []) async throws {
      try write(Rows(), "t.csv")
      try write(Rows().unpriced, "new.csv")
      expectSuccess(
        try await sandbox.run(
          ["tabular", "train", "t.csv", "--test", "new.csv", "--output", "run", "--quiet"] + options + more))
    }

    @Test(arguments: [["--id", "Id"], [], ["--no-log-target"], ["--model", "mlp", "--id", "Id", "--folds", "3"]])
    func isTheRunsSubmission(_ more: [String]) async throws {
      try await train(more)
      let submission = try sandbox.text("run/submission.csv")
      let printed = try await sandbox.run(["tabular", "predict", "run", "new.csv"])
      expectSuccess(printed)
      #expect(printed.output == submission)
      let written = try await sandbox.run(["tabular", "predict", "run", "new.csv", "--output", "out.csv"])
      expectSuccess(written)
      #expect(try written.output == "60 predictions in out.csv\n" && sandbox.text("out.csv") == submission)
    }

    @Test func readsRunsOfTheVersionBefore() async throws {
      try await train(["--id", "Id"])
      var config = try sandbox.json("run/config.json")
      var table = try #require(config["table"] as? [String: Any])
      table["format"] = nil
      config["table"] = table
      try sandbox.write(JSONSerialization.data(withJSONObject: config), to: "run/config.json")
      let outcome = try await sandbox.run(["tabular", "predict", "run", "new.csv"])
      #expect(try outcome.output == sandbox.text("run/submission.csv"))
      config["layers"] = nil
      try sandbox.write(JSONSerialization.data(withJSONObject: config), to: "run/config.json")
      expectFailure(
        try await sandbox.run(["tabular", "predict", "run", "new.csv"]), 65, saying: ["run/config.json", "no layers"])
    }

    @Test func saysWhatDiffersFromTraining() async throws {
      try await train(["--id", "Id"])
      try write(
        Rows().unpriced.changed(2, 2, "North").changed(4, 2, " north ").changed(5, 2, "moon\u{1b}[31m"), "u.csv")
      let outcome = try await sandbox.run(["tabular", "predict", "run", "u.csv"])
      expectSuccess(outcome)
      #expect(outcome.errorLines.count == 1)
      for part in [
        "densenet: warning: u.csv, column \"Zone\": 2 of 60 rows (3%)", "\"North\" (1), which is \"north\" there",
        "\"moon\\u{1b}[31m\" (1)",
      ] { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
      #expect(!outcome.errors.contains("\u{1b}"))

      // Truth values and numbers in other spellings are the same values.
      var same = Rows().unpriced
      for row in same.rows.indices {
        same.rows[row][1] += ".0"
        same.rows[row][3] = [["1", "0"], ["TRUE", "false"], ["1.0", "0.0"]][row % 3][row % 2]
      }
      try write(same, "same.csv")
      let equal = try await sandbox.run(["tabular", "predict", "run", "same.csv"])
      #expect(try equal.errors == "" && equal.output == sandbox.text("run/submission.csv"))

      try write(Rows(), "priced.csv")
      let priced = try await sandbox.run(["tabular", "predict", "run", "priced.csv"])
      #expect(priced.errors.contains("note: priced.csv: its column \"Price\" is to be predicted, and not used"))
      #expect(try priced.output == sandbox.text("run/submission.csv"))
    }

    @Test func namesRowsThatCannotBePredicted() async throws {
      try await train(["--id", "Id"])
      try write(Rows().unpriced.changed(4, 1, "large"), "wrong.csv")
      expectFailure(
        try await sandbox.run(["tabular", "predict", "run", "wrong.csv"]), 65,
        saying: ["wrong.csv, line 6, column \"Area\"", "\"large\"", "as in t.csv", "--na"])
      try sandbox.write(Data("Id,area,Zone\n1,2,north\n".utf8), to: "short.csv")
      expectFailure(
        try await sandbox.run(["tabular", "predict", "run", "short.csv"]), 65,
        saying: ["short.csv", "2 of them missing: Area (there is \"area\"), New"])
      expectFailure(try await sandbox.run(["tabular", "predict", "run", "none.csv"]), 66, saying: ["none.csv"])
      expectFailure(
        try await sandbox.run(["tabular", "predict", "none", "t.csv"]), 66, saying: ["none", "check the path"])
      expectFailure(
        try await sandbox.run(["tabular", "predict", "home", "t.csv"]), 66, saying: ["home", "run on a table"])
      try FileManager.default.removeItem(at: sandbox.url("run/model.safetensors"))
      expectFailure(
        try await sandbox.run(["tabular", "predict", "run", "t.csv"]), 66, saying: ["did not finish", "train again"])
    }

    /// Identifiers and names are text from outside: no spreadsheet may take them for formulas.
    @Test func guardsFormulas() async throws {
      try await train(["--id", "Id"])
      let ids = ["=1+1", "@x", "-5", "+5", "-x", "a=1", "\t1"]
      var rows = Rows().unpriced
      for (row, id) in ids.enumerated() { rows.rows[row][0] = id }
      try write(rows, "formulas.csv")
      let outcome = try await sandbox.run(["tabular", "predict", "run", "formulas.csv"])
      let written = outcome.output.split(separator: "\n").dropFirst().prefix(ids.count).map {
        $0.split(separator: ",")[0]
      }
      #expect(written == ["'=1+1", "'@x", "-5", "+5", "'-x", "a=1", "'\t1"])
    }
  }
}
