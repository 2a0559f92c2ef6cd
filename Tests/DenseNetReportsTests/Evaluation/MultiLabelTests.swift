import DenseNets
import Foundation
import Testing

@testable import DenseNetReports

/// A case of `Scripts/fixtures/make_label_fixtures.py`: figures by scikit-learn.
struct MultiLabelFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Label: Decodable, Sendable {
    let auroc, averagePrecision, threshold, f1: Double?
  }

  let name: String
  let probabilities: [[Double]]
  let values: [[Int8]]
  let labels: [Label]
  /// Precision, recall and F1.
  let atHalf: [[Double?]]
  let meanAuroc, meanAveragePrecision: Double?
  let accuracy, loss: Double

  var testDescription: String { name }

  static let all: [MultiLabelFixture] = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/evaluation/labels.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try? decoder.decode([MultiLabelFixture].self, from: Data(contentsOf: url))) ?? []
  }()

  func evaluation(thresholds: [Double]? = nil) -> MultiLabelEvaluation {
    MultiLabelEvaluation(
      labelNames: labels.indices.map { "label \($0)" }, probabilities: Array(probabilities.joined()),
      values: Array(values.joined()), thresholds: thresholds)
  }
}

@Suite struct MultiLabelTests {
  private func close(_ found: Double?, _ expected: Double?, _ tolerance: Double = 1e-9) -> Bool {
    guard let found, let expected else { return found == nil && expected == nil }
    return abs(found - expected) <= tolerance
  }

  @Test func thereAreCases() { #expect(MultiLabelFixture.all.count == 5) }

  @Test(arguments: MultiLabelFixture.all)
  func agreesWithScikitLearn(_ fixture: MultiLabelFixture) {
    let evaluation = fixture.evaluation()
    for (label, expected) in zip(evaluation.labels, fixture.labels) where label.hasBothClasses {
      #expect(close(label.auroc, expected.auroc), "\(label.name)")
      #expect(close(label.averagePrecision, expected.averagePrecision), "\(label.name)")
      #expect(label.bestThreshold == expected.threshold, "\(label.name)")
      #expect(close(label.curve.bestF1?.f1, expected.f1), "\(label.name)")
    }
    #expect(evaluation.labels.map(\.hasBothClasses) == fixture.labels.map { $0.auroc != nil })
    for (label, expected) in zip(evaluation.labels, fixture.atHalf) where label.known > 0 {
      #expect(close(label.precision, expected[0]) && close(label.recall, expected[1]), "\(label.name)")
    }
    #expect(close(evaluation.meanAUROC, fixture.meanAuroc))
    #expect(close(evaluation.meanAveragePrecision, fixture.meanAveragePrecision))
    #expect(close(evaluation.accuracy, fixture.accuracy) && close(evaluation.loss, fixture.loss, 1e-8))
  }

  @Test func labelsInWhichAllAreAlikeAreNamed() throws {
    let fixture = try #require(MultiLabelFixture.all.first { $0.name == "alike" })
    let evaluation = fixture.evaluation()
    #expect(evaluation.leftOut == ["label 1", "label 2", "label 3"])
    #expect(evaluation.bestThresholds[1...] == [0.5, 0.5, 0.5])
    let html = LabelSection.html(evaluation)
    #expect(html.contains("Left out of the means, since all images are alike in it: label 1, label 2, label 3."))
  }

  /// Of decisions at the chosen threshold, F1 is the best that there is.
  @Test(arguments: MultiLabelFixture.all)
  func theBestThresholdHasTheBestF1(_ fixture: MultiLabelFixture) {
    let thresholds = fixture.evaluation().bestThresholds
    let best = fixture.evaluation(thresholds: thresholds)
    for (label, expected) in zip(best.labels, fixture.labels) where label.hasBothClasses {
      #expect(close(label.f1, expected.f1, 1e-15))
    }
    // Also where scores come out a little lower or higher, as when batch norms are folded into convolutions.
    for error in [-1e-7, 1e-7] {
      let moved = MultiLabelEvaluation(
        labelNames: best.labelNames, probabilities: best.probabilities.map { $0 * (1 + error) }, values: best.values,
        thresholds: thresholds)
      #expect(moved.labels.map(\.f1) == best.labels.map(\.f1), "\(error)")
    }
  }

  @Test func aTableOfPredictionsIsReadBack() throws {
    let fixture = try #require(MultiLabelFixture.all.first { $0.name == "masked" })
    let files = fixture.values.indices.map { "a, b/\($0).png" }
    let evaluation = MultiLabelEvaluation(
      labelNames: ["index", "a,b", "a,b (true)"], probabilities: Array(fixture.probabilities.joined()),
      values: Array(fixture.values.joined()), files: files)
    let text = MultiLabelTable.text(evaluation)
    let lines = text.split(separator: "\n")
    #expect(lines[0] == "index,index_,\"a,b\",\"a,b (true)\",index (true),\"a,b (true)_\",\"a,b (true) (true)\",file")
    let rows = lines.dropFirst().map { line in
      line.split(separator: ",", maxSplits: 7, omittingEmptySubsequences: false).map {
        String($0).replacing("\"", with: "")
      }
    }
    let read = try MultiLabelTable.evaluation(
      rows: rows, place: { "line \($0), column \($1)" }, labels: evaluation.labels.map { ($0.name, $0.threshold) })
    #expect(read == evaluation)
    #expect(throws: Failure.self) {
      try MultiLabelTable.evaluation(
        rows: [["0", "0.5", "2"]], place: { "line \($0), column \($1)" }, labels: [("a", 0.5)])
    }
  }

  @Test func curvesStaySmall() {
    let count = 50_000
    let scores = (0..<count).map { Double(($0 * 7919) % count) / Double(count) }
    let evaluation = MultiLabelEvaluation(
      labelNames: ["<many>"], probabilities: scores, values: (0..<count).map { Int8($0 % 3 == 0 ? 1 : 0) })
    let html = LabelSection.html(evaluation)
    #expect(html.utf8.count < 100_000)
    #expect(html.contains("&lt;many&gt;") && !html.contains("<many>"))
  }
}
