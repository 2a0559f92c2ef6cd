import DenseNets
import Foundation
import Testing

@testable import DenseNetIO

private let points = """
  {"event":"train","epoch":0.5,"step":2,"train_loss":1.25,"train_accuracy":0.5,"learning_rate":0.1}
  {"event":"train","epoch":1.0,"step":4,"train_loss":null,"train_accuracy":0.75,"learning_rate":0.05}
  {"event":"epoch","epoch":1,"step":4,"train_loss":null,"train_accuracy":0.75,"test_loss":0.5,"test_accuracy":0.875,\
  "examples_per_second":100.5,"waiting_share":0.25,"seconds":3.5}
  {"event":"train","epoch":1.5,"step":6,"train_loss":0.25,"train_accuracy":1.0,"learning_rate":0.01}

  """

@Suite struct MetricsHistoryTests {
  private func history(_ text: String) throws -> MetricsHistory {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("metrics.jsonl")
      try Data(text.utf8).write(to: url)
      return try MetricsHistory(contentsOf: url)
    }
  }

  @Test func readsWhatTheLogWrites() throws {
    try withTemporaryFolder { folder in
      let run = RunDirectory(at: folder)
      let log = try run.openMetrics()
      try log.append(.train(epoch: 0.2, step: 47, loss: 1.25, accuracy: 0.5, learningRate: 0.1))
      try log.append(
        .epoch(
          epoch: 1, step: 235, trainLoss: 1, trainAccuracy: 0.8, testLoss: nil, testAccuracy: 0.75,
          examplesPerSecond: 100, waitingShare: 0.25, seconds: 600.5))
      let history = try MetricsHistory(contentsOf: run.metricsURL)
      #expect(history.train == [.init(epoch: 0.2, step: 47, loss: 1.25, accuracy: 0.5, learningRate: 0.1)])
      #expect(
        history.epochs == [
          .init(
            epoch: 1, step: 235, trainLoss: 1, trainAccuracy: 0.8, testAccuracy: 0.75, examplesPerSecond: 100,
            seconds: 600.5, waitingShare: 0.25)
        ])
      #expect(history.lastStep == 235)
    }
  }

  @Test func readsEveryKey() throws {
    let read = try history(points)
    #expect(read.train.map(\.step) == [2, 4, 6] && read.train.map(\.epoch) == [0.5, 1, 1.5])
    #expect(read.train.map(\.learningRate) == [0.1, 0.05, 0.01])
    #expect(read.train[1].loss.isNaN && read.train[2].loss == 0.25 && read.train[2].accuracy == 1)
    let end = try #require(read.epochs.first)
    #expect(read.epochs.count == 1 && end.trainLoss.isNaN && end.trainAccuracy == 0.75)
    #expect(end.testLoss == 0.5 && end.testAccuracy == 0.875 && end.examplesPerSecond == 100.5)
    #expect(end.waitingShare == 0.25 && end.seconds == 3.5 && read.lastStep == 6)
  }

  @Test func leavesOutACutLineAndUnknownKeys() throws {
    let whole = try history(points)
    for cut in [1, 20, 90] { #expect(try history(points + points.prefix(cut)).train.count == 3, "\(cut)") }
    #expect(try history(points.replacing("\"step\"", with: "\"new\":[{}],\"step\"")).train.count == 3)
    // A line that only lacks its line feed is whole.
    #expect(try history(String(points.dropLast())).train.count == whole.train.count)
    #expect(try history("") == MetricsHistory() && history("").lastStep == 0)
    #expect(try history("{\"event\"") == MetricsHistory())
  }

  @Test(arguments: [
    ("", "not JSON"), ("{}", "no event"), ("[]", "another kind of value"),
    (#"{"event":"train","epoch":"x","step":1,"train_loss":1,"train_accuracy":1}"#, "another kind of value for epoch"),
    (#"{"event":"train","epoch":1,"train_loss":1,"train_accuracy":1}"#, "no step"),
    (#"{"event":"tra\nin","epoch":1}"#, #"the event “tra\nin”"#), ("\u{0}\u{0}", "not JSON"),
  ])
  func namesABadLine(line: String, reason: String) throws {
    let text = points + line + "\n" + points
    let thrown = failure { _ = try history(text) }
    #expect(thrown?.kind == .invalidData)
    let message = try #require(thrown?.description)
    #expect(message.contains("metrics.jsonl: line 5: ") && message.contains(reason), "\(message)")
    #expect(!message.contains("\n"))
  }

  @Test func wantsAFile() {
    let url = URL(fileURLWithPath: "/nowhere/metrics.jsonl")
    #expect(failure { _ = try MetricsHistory(contentsOf: url) }?.kind == .missingInput)
    #expect(failure { try MetricsHistory.truncate(url, afterStep: 1) }?.kind == .missingInput)
  }

  @Test func truncatesToAStep() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("metrics.jsonl")
      let lines = points.split(separator: "\n").map { $0 + "\n" }
      let cases: [(step: Int, epochs: Int?, kept: Int)] = [
        (0, nil, 0), (3, nil, 1), (4, nil, 3), (4, 0, 2), (9, nil, 4),
      ]
      for (step, epochs, kept) in cases {
        try Data((points + "{\"event\":\"tr").utf8).write(to: url)
        try MetricsHistory.truncate(url, afterStep: step, epochs: epochs)
        #expect(try String(contentsOf: url, encoding: .utf8) == lines.prefix(kept).joined(), "step \(step)")
      }
      try Data(points.utf8).write(to: url)
      let before = try FileManager.default.attributesOfItem(atPath: url.path)[.systemFileNumber] as? Int
      try MetricsHistory.truncate(url, afterStep: 6)
      #expect(try FileManager.default.attributesOfItem(atPath: url.path)[.systemFileNumber] as? Int == before)
      #expect(try contents(of: folder) == ["metrics.jsonl"])
    }
  }

  @Test func isATable() throws {
    let table = try history(points).csv
    #expect(
      table == """
        event,epoch,step,train_loss,train_accuracy,learning_rate,test_loss,test_accuracy,examples_per_second,\
        waiting_share,seconds
        train,0.5,2,1.25,0.5,0.1,,,,,
        train,1.0,4,,0.75,0.05,,,,,
        epoch,1,4,,0.75,,0.5,0.875,100.5,0.25,3.5
        train,1.5,6,0.25,1.0,0.01,,,,,

        """)
    try withTemporaryFolder { folder in
      let run = RunDirectory(at: folder)
      try Data(points.utf8).write(to: run.metricsURL)
      try run.writeMetricsTable()
      #expect(try String(contentsOf: run.metricsTableURL, encoding: .utf8) == table)
    }
  }
}
