import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

@Suite struct RunDirectoryTests {
  private let point = MetricPoint.train(epoch: 0.2, step: 47, loss: 1.25, accuracy: 0.5, learningRate: 0.1)
  private let summary = RunSummary(
    model: "d2l", dataset: "fashion-mnist", trainLoss: 0.14, trainAccuracy: 0.948, testLoss: .nan, testAccuracy: 0.885,
    bestTestAccuracy: 0.9, bestEpoch: 9, examplesPerSecond: .infinity, peakMemoryBytes: 1 << 30, parameters: 758_226,
    epochs: 10, steps: 2350,
    batchSize: 256, precision: "fp32", threads: 2, seed: 1, seconds: 12.5)

  @Test func createsTheFolderAndThoseAboveIt() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a/b/c")
      let run = try RunDirectory(creating: url)
      #expect(run.url == url)
      #expect(try contents(of: url) == [])
      _ = try RunDirectory(creating: url)
      run.removeIfEmpty()
      #expect(try contents(of: folder.appendingPathComponent("a/b")) == [])
    }
  }

  @Test(arguments: ["config.json", "metrics.jsonl", "summary.json", "model.safetensors"])
  func refusesAFolderThatHoldsARun(file: String) throws {
    try withTemporaryFolder { folder in
      try Data("x".utf8).write(to: folder.appendingPathComponent(file))
      let thrown = failure { _ = try RunDirectory(creating: folder) }
      #expect(
        thrown
          == Failure(
            .usage, "\(folder.path): already holds a run (\(file)); choose another folder", settings: ["output"]))
      #expect(try contents(of: folder) == [file])
    }
  }

  @Test func otherFilesInTheFolderAreNoHindrance() throws {
    try withTemporaryFolder { folder in
      try Data("x".utf8).write(to: folder.appendingPathComponent("notes.txt"))
      let run = try RunDirectory(creating: folder)
      run.removeIfEmpty()
      #expect(try contents(of: folder) == ["notes.txt"])
    }
  }

  @Test func aFileInTheWayIsReportedAndNothingIsLeft() throws {
    try withTemporaryFolder { folder in
      try Data("x".utf8).write(to: folder.appendingPathComponent("file"))
      for path in ["file", "file/run", "file/run/deeper"] {
        let thrown = failure { _ = try RunDirectory(creating: folder.appendingPathComponent(path)) }
        #expect(thrown?.kind == .inputOutput, "\(path)")
      }
      let tooLong = folder.appendingPathComponent("new/" + String(repeating: "x", count: 300))
      #expect(failure { _ = try RunDirectory(creating: tooLong) }?.kind == .inputOutput)
      #expect(try contents(of: folder) == ["file"])
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
  func aFolderThatCannotBeWrittenIsAnInputOutputFailure() {
    for path in ["/proc", "/proc/run"] {
      #expect(failure { _ = try RunDirectory(creating: URL(fileURLWithPath: path)) }?.kind == .inputOutput, "\(path)")
    }
  }

  @Test func theDefaultNameSaysWhatAndWhen() throws {
    let utc = try #require(TimeZone(identifier: "UTC"))
    let date = Date(timeIntervalSince1970: 1_700_000_005)
    #expect(
      RunDirectory.defaultName(model: "d2l", dataset: "folder:my cats/é", date: date, timeZone: utc)
        == "d2l-folder-my-cats---20231114-221325")
    try withTemporaryFolder { folder in
      for _ in 0..<3 {
        _ = try RunDirectory(creatingFor: "d2l", dataset: "x", in: folder, date: date, timeZone: utc)
      }
      let name = "d2l-x-20231114-221325"
      #expect(try contents(of: folder) == [name, "\(name)-2", "\(name)-3"])
    }
  }

  @Test func theSummaryIsValidJSONEvenWithoutNumbers() throws {
    try withTemporaryFolder { folder in
      let run = try RunDirectory(creating: folder)
      try run.write(summary: summary)
      let data = try Data(contentsOf: run.summaryURL)
      let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(object["test_loss"] is NSNull && object["examples_per_second"] is NSNull)
      #expect(object["train_accuracy"] as? Double == 0.948)
      #expect(object["parameters"] as? Int == 758_226)
      #expect(
        Set(object.keys) == [
          "model", "dataset", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "best_test_accuracy",
          "best_epoch", "examples_per_second",
          "peak_memory_bytes", "parameters", "epochs", "steps", "batch_size", "precision", "threads", "seed", "seconds",
        ])
      #expect(String(decoding: data, as: UTF8.self).contains("\n  \"batch_size\" : 256,\n"))
      var read = try JSONDecoder().decode(RunSummary.self, from: data)
      #expect(read.testLoss.isNaN && read.examplesPerSecond.isNaN)
      read.testLoss = 0
      read.examplesPerSecond = 0
      var finite = summary
      finite.testLoss = 0
      finite.examplesPerSecond = 0
      #expect(read == finite)
    }
  }

  @Test func theConfigurationHasSortedKeys() throws {
    try withTemporaryFolder { folder in
      let run = try RunDirectory(creating: folder)
      try run.write(config: ["path/b": 0.1, "a": Double.nan].mapValues { $0 })
      #expect(
        try String(contentsOf: run.configURL, encoding: .utf8) == "{\n  \"a\" : \"nan\",\n  \"path/b\" : 0.1\n}\n")
    }
  }

  @Test func metricsAreThereAsTheyHappen() throws {
    try withTemporaryFolder { folder in
      let run = try RunDirectory(creating: folder)
      let log = try run.openMetrics()
      #expect(try Data(contentsOf: run.metricsURL).isEmpty)
      try log.append(point)
      let first =
        #"{"event":"train","epoch":0.2,"step":47,"train_loss":1.25,"train_accuracy":0.5,"learning_rate":0.1}"# + "\n"
      #expect(try String(contentsOf: run.metricsURL, encoding: .utf8) == first)
      try log.append(
        .epoch(
          epoch: 1, step: 235, trainLoss: .nan, trainAccuracy: 0.8, testLoss: nil, testAccuracy: 0.75,
          examplesPerSecond: 100, waitingShare: 0.25, seconds: 600.5))
      let second =
        #"{"event":"epoch","epoch":1,"step":235,"train_loss":null,"train_accuracy":0.8,"test_loss":null,"#
        + #""test_accuracy":0.75,"examples_per_second":100.0,"waiting_share":0.25,"seconds":600.5}"# + "\n"
      #expect(try String(contentsOf: run.metricsURL, encoding: .utf8) == first + second)
      try MetricsLog(appendingTo: run.metricsURL).append(point)
      #expect(try String(contentsOf: run.metricsURL, encoding: .utf8) == first + second + first)
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskStopsTheLog() throws {
    let log = try MetricsLog(appendingTo: URL(fileURLWithPath: "/dev/full"))
    #expect(failure { try log.append(point) }?.description.contains("free some space") == true)
  }

  @Test func curvesAndWeightsAreWritten() throws {
    try withTemporaryFolder { folder in
      let run = try RunDirectory(creating: folder)
      try run.write(curves: "<svg/>")
      try run.write(weights: WeightsFile(tensors: [NamedTensor(name: "a", value: .scalar(3))]))
      #expect(try contents(of: folder) == ["curves.svg", "model.safetensors"])
      #expect(try WeightsFile(contentsOf: run.weightsURL)["a"] == .scalar(3))
    }
  }
}

@Suite struct MachineTests {
  @Test func peakMemoryIsThatOfThisProcess() {
    let before = ProcessMemory.peakResidentBytes()
    #expect(before > 1 << 20 && before < 1 << 36)
    let block = [UInt8](repeating: 1, count: before + 64 << 20)
    #expect(block.last == 1)
    #expect(ProcessMemory.peakResidentBytes() >= before + 32 << 20)
    #expect(ProcessMemory.peakByResourceUsage() >= before)
  }

  @Test func theMachineIsDescribed() throws {
    let machine = Machine.current
    #expect(!machine.processor.isEmpty && !machine.operatingSystem.isEmpty)
    #expect(machine.logicalProcessors >= 1 && machine.memoryBytes > 1 << 28)
    let text = String(decoding: try prettyJSON(machine), as: UTF8.self)
    #expect(text.contains("\"logical_processors\""))
  }
}
