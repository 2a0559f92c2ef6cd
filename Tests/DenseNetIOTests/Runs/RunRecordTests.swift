import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct RunRecordTests {
  private let summary = RunSummary(
    model: "d2l", dataset: "fashion-mnist", trainLoss: 0.14, trainAccuracy: 0.948, testLoss: 0.4, testAccuracy: 0.885,
    bestTestAccuracy: 0.5, bestEpoch: 1, examplesPerSecond: 100, peakMemoryBytes: 1 << 30, parameters: 758_226,
    epochs: 10, steps: 2350, batchSize: 256,
    precision: "fp32", threads: 2, seed: 1, seconds: 12.5)
  private let config = """
    {"lr": 0.1, "epochs": 10, "max_steps": null, "seed": 18446744073709551615, "shuffle": true,
     "dataset": {"name": "fashion-mnist", "classes": ["Shirt", "Bag"]}, "machine": {"processor": "a"},
     "started": "now", "version": "1", "arguments": ["train"]}
    """

  @Test func readsARunDirectory() throws {
    try withTemporaryFolder { folder in
      let run = RunDirectory(at: folder.appendingPathComponent("first"))
      _ = try RunDirectory(creating: run.url)
      try Data(config.utf8).write(to: run.configURL)
      try run.write(summary: summary)
      try run.openMetrics().append(.train(epoch: 1, step: 1, loss: 2, accuracy: 0.5, learningRate: 0.1))
      let record = try RunRecord(contentsOf: run.url)
      #expect(record.name == "first" && record.summary == summary && record.metrics.train.count == 1)
      #expect(record.config["dataset.name"] == .string("fashion-mnist") && record.config["dataset.nothing"] == nil)
      #expect(record.config["machine.processor"]?.text == "a")
      #expect(
        record.settings.map { "\($0.key)=\($0.value)" } == [
          "dataset.classes=Shirt, Bag", "dataset.name=fashion-mnist", "epochs=10", "lr=0.1", "max_steps=none",
          "seed=1.8446744073709552e+19", "shuffle=yes",
        ])
    }
  }

  @Test func takesARunThatHasNotEnded() throws {
    try withTemporaryFolder { folder in
      let run = RunDirectory(at: folder)
      try Data().write(to: run.metricsURL)
      let record = try RunRecord(contentsOf: folder)
      #expect(record.summary == nil && record.metrics == MetricsHistory() && record.settings.isEmpty)
    }
  }

  @Test func namesWhatIsNoRun() throws {
    try withTemporaryFolder { folder in
      for (name, content) in [("config.json", config), ("notes.txt", "x")] {
        try Data(content.utf8).write(to: folder.appendingPathComponent(name))
        let thrown = failure { _ = try RunRecord(contentsOf: folder) }
        #expect(thrown?.kind == .missingInput && thrown?.description.contains(folder.path) == true)
      }
      for path in ["absent", "notes.txt"] {
        let thrown = failure { _ = try RunRecord(contentsOf: folder.appendingPathComponent(path)) }
        #expect(thrown?.kind == .missingInput && thrown?.description.contains(path) == true)
      }
      let run = RunDirectory(at: folder)
      for bad in ["", "[1]", "{\"model\": 1}", "{\"model\": \"d2l\"}"] {
        try Data(bad.utf8).write(to: run.summaryURL)
        let thrown = failure { _ = try RunRecord(contentsOf: folder) }
        #expect(thrown?.kind == .invalidData && thrown?.description.contains("summary.json") == true, "\(bad)")
      }
    }
  }
}
