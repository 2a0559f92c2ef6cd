import Foundation
import Testing

/// Options of a run of less than a second: 4 steps of 16 images of 32×32.
let tinyData = [
  "--dataset", "fashion-mnist-sample", "--resize", "32", "--test-limit", "32", "--batch-size", "16",
]
let tinyRun = ["train"] + tinyData + ["--train-limit", "64", "--epochs", "1"]

/// A run of one step, for tests that look at what is around it.
let oneStep = ["train"] + tinyData + ["--train-limit", "16", "--max-steps", "1"]

let runFiles = [
  "best.safetensors", "checkpoints", "config.json", "curves.svg", "evaluation.json", "events", "metrics.csv",
  "metrics.jsonl", "model.safetensors", "predictions.csv", "report.html", "summary.json",
]

/// A failure says what is wrong in one line, leaves standard output empty, and ends in the status of its kind.
func expectFailure(
  _ outcome: Outcome, _ status: Int32, saying parts: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.output == "", sourceLocation: sourceLocation)
  #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.errors.hasPrefix("densenet: "), "\(outcome.errors)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
  }
}

func expectSuccess(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
}

/// The lines of a `metrics.jsonl`, of which none may be cut.
func metrics(_ text: String) throws -> [[String: Any]] {
  #expect(text.isEmpty || text.hasSuffix("\n"))
  return try text.split(separator: "\n").map { try object(String($0)) }
}
