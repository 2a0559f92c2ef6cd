import DenseNetReports
import DenseNets
import Foundation

@testable import DenseNetData
@testable import DenseNetIO
@testable import DenseNetTasks

/// The files of a run's folder, and the pages made of them: one of them at a time, the others sound.
let runTargets = [
  FuzzTarget("run-config") { bytes in
    try inRun(["config.json": bytes]) { folder in
      try readPages(folder)
      guard let run = try SavedRun(contentsOf: folder) else { return }
      let options = try run.options()
      try options.validate()
      _ = PlanChange(run.fingerprint, RunFingerprint.defaults)?.text(after: 1)
    }
  },
  FuzzTarget("run-summary") { bytes in
    try inRun(["summary.json": bytes]) { try readPages($0) }
  },
  FuzzTarget("metrics") { bytes in
    try inRun(["metrics.jsonl": bytes]) { folder in
      try readPages(folder)
      let url = RunDirectory(at: folder).metricsURL
      let history = try MetricsHistory(contentsOf: url)
      _ = (history.csv, history.lastStep)
      var curves = LearningCurves(epochs: 3)
      curves.add(history)
      _ = curves.svg()
      try MetricsHistory.truncate(url, afterStep: 10, epochs: 1)
      let kept = try MetricsHistory(contentsOf: url)
      require(kept.train.allSatisfy { $0.step <= 10 }, "points after the last step")
    }
  },
  // The table behind a zero byte.
  FuzzTarget("evaluation") { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    try inRun(["evaluation.json": Array(parts[0]), "predictions.csv": parts.count > 1 ? Array(parts[1]) : []]) {
      _ = try RunReport(folder: RunDirectory(at: $0)).page().html()
    }
  },
  // The settings behind a zero byte, or those of a sound run.
  FuzzTarget("tabular-run") { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
    let config = parts.count > 1 ? parts[1] : Array(tabularConfig.utf8)
    try inRun(["preprocessing.json": parts[0], "config.json": config, "model.safetensors": tabularWeights]) { folder in
      let table = Scratch.write("Id,area,street\n1,2,a\n2,,b\n".utf8, to: "table.csv")
      _ = try TabularPredictionTask(run: folder.path, table: table).predict()
    }
  },
]

private let summary = #"""
  {"model":"d2l","dataset":"fashion-mnist","train_loss":0.14,"train_accuracy":0.948,"test_loss":0.4,
  "test_accuracy":0.885,"best_test_accuracy":0.9,"best_epoch":1,"examples_per_second":100,
  "peak_memory_bytes":1073741824,"parameters":758226,"epochs":10,"steps":2350,"batch_size":256,"precision":"fp32",
  "threads":2,"seed":1,"seconds":12.5}
  """#

private let tabularConfig = #"{"model":"mlp","layers":1,"growth_rate":1,"table":{"train":"train.csv","id":"Id"}}"#

/// A header with a row for each of two features.
private let tabularWeights: [UInt8] = {
  var options = TabularOptions(train: "train.csv", target: "price")
  (options.model, options.layers, options.growthRate) = (.mlp, 1, 1)
  let network = try! TabularNetwork(options, features: 3, seed: 0)
  var file = WeightsFile(stateOf: network.model)
  file.tensors = file.tensors.map { NamedTensor(name: "folds.0." + $0.name, value: $0.value) }
  return Array(Safetensors.encoded(file))
}()

private let names = [
  "config.json", "summary.json", "metrics.jsonl", "evaluation.json", "predictions.csv", "preprocessing.json",
  "model.safetensors",
]

/// A folder with these files, and a sound summary.
private func inRun(_ files: [String: [UInt8]], _ body: (URL) throws -> Void) throws {
  for name in names where files[name] == nil && name != "summary.json" { Scratch.remove(name) }
  for (name, bytes) in files { Scratch.write(bytes, to: name) }
  if files["summary.json"] == nil { Scratch.write(summary.utf8, to: "summary.json") }
  try body(Scratch.url)
}

private func readPages(_ folder: URL) throws {
  _ = try RunReport(folder: RunDirectory(at: folder)).page().html()
  let comparison = RunComparison([try RunRecord(contentsOf: folder)])
  let page = ComparisonPage(comparison.runs)
  _ = (page.text(), page.html(), page.svg())
  _ = try prettyJSON(comparison.report)
}
