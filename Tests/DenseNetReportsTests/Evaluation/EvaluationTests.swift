import DenseNets
import Foundation
import Testing

@testable import DenseNetReports

/// A case of `Scripts/fixtures/make_evaluation_fixtures.py`: figures by scikit-learn and torchmetrics.
struct EvaluationFixture: Decodable {
  let probabilities: [[Float]]
  let labels: [Int]
  let confusion: [[Int]]
  let precision, recall, f1: [Double?]
  let support: [Int]
  let macro: [Double]
  let accuracy, loss, expectedError, greatestError: Double
  let top: [String: Double]

  init(_ name: String) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/evaluation/\(name).json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(EvaluationFixture.self, from: Data(contentsOf: url))
  }

  var evaluation: Evaluation {
    let classes = probabilities[0].count
    return Evaluation(
      probabilities: Tensor(shape: [labels.count, classes], values: probabilities.flatMap { $0 }), labels: labels,
      classNames: (0..<classes).map { "class \($0)" })
  }
}

@Suite struct EvaluationTests {
  private func close(_ found: Double?, _ expected: Double?, _ tolerance: Double = 1e-12) -> Bool {
    guard let found, let expected else { return found == nil && expected == nil }
    return abs(found - expected) <= tolerance
  }

  @Test(arguments: ["five", "twelve", "absent"])
  func agreesWithScikitLearn(name: String) throws {
    let fixture = try EvaluationFixture(name)
    let evaluation = fixture.evaluation
    let matrix = evaluation.confusion
    #expect(matrix.counts == fixture.confusion.flatMap { $0 })
    for label in 0..<matrix.classes {
      #expect(matrix.support(label) == fixture.support[label])
      #expect(close(matrix.precision(label), fixture.precision[label]), "class \(label)")
      #expect(close(matrix.recall(label), fixture.recall[label]), "class \(label)")
      #expect(close(matrix.f1(label), fixture.f1[label]), "class \(label)")
    }
    let macro = [matrix.precision, matrix.recall, matrix.f1].map(matrix.macroAverage)
    #expect(zip(macro, fixture.macro).allSatisfy { close($0, $1) })
    #expect(close(evaluation.accuracy, fixture.accuracy) && close(evaluation.loss, fixture.loss))
  }

  /// A file can name many classes: what is known of them takes no more memory than they do.
  @Test(.timeLimit(.minutes(1))) func manyClassesTakeLittleMemory() {
    let classes = 200_000
    let predictions = [(3, 3), (3, 199_999), (5, 199_999), (5, 199_999)].enumerated().map { index, pair in
      Prediction(
        index: index, file: nil, label: pair.0, predicted: pair.1, confidence: 0.5, labelProbability: 0.25,
        labelRank: 2)
    }
    let matrix = ConfusionMatrix(predictions, classes: classes)
    #expect(matrix[5, 199_999] == 2 && matrix.support(3) == 2 && matrix.predictions(199_999) == 3)
    #expect(matrix.mostConfused(8).map(\.count) == [2, 1] && matrix.recall(3) == 0.5)
  }

  @Test(arguments: ["five", "twelve", "absent"])
  func agreesWithTorchmetrics(name: String) throws {
    let fixture = try EvaluationFixture(name)
    let evaluation = fixture.evaluation
    // Its sums are of fp32: some 200 terms of 6e-8 each.
    for (k, expected) in fixture.top {
      #expect(close(evaluation.accuracy(ofTop: try #require(Int(k))), expected, 1e-6), "top \(k)")
    }
    #expect(close(evaluation.calibration.expectedError, fixture.expectedError, 1e-6))
    #expect(close(evaluation.calibration.greatestError, fixture.greatestError, 1e-6))
  }

  @Test func binsAreOpenBelowAndClosedAbove() {
    let confidences = [0.0, 1.0 / 15, 1.0 / 15 + 1e-9, 0.2, 1]
    let calibration = Calibration(
      confidences.map {
        Prediction(index: 0, label: 0, predicted: 0, confidence: $0, labelProbability: $0, labelRank: 1)
      })
    #expect(calibration.bins.map(\.count) == [2, 1, 1] + [Int](repeating: 0, count: 11) + [1])
    #expect(calibration.bins[3].accuracy.isNaN && calibration.bins[14].accuracy == 1)
    #expect(abs(calibration.confidence - confidences.reduce(0, +) / 5) < 1e-12)
  }

  @Test func ofEqualProbabilitiesTheFirstWins() {
    let tied = Prediction(index: 7, label: 2, probabilities: [0.25, 0.25, 0.25, 0.25])
    #expect(tied.predicted == 0 && tied.labelRank == 3 && !tied.isCorrect && tied.confidence == 0.25)
    #expect(Prediction(index: 7, label: 0, probabilities: [0.5, 0.5]).isCorrect)
  }

  @Test func listsMistakes() throws {
    let evaluation = try EvaluationFixture("five").evaluation
    let mistakes = evaluation.mostConfidentMistakes(10)
    #expect(mistakes.count == 10 && mistakes.allSatisfy { !$0.isCorrect })
    #expect(mistakes.map(\.confidence) == mistakes.map(\.confidence).sorted(by: >))
    let worst = evaluation.predictions.filter { !$0.isCorrect }.map(\.confidence).max()
    #expect(mistakes.first?.confidence == worst)
    #expect(evaluation.mostConfidentMistakes(1000).count == evaluation.predictions.count { !$0.isCorrect })
    let pairs = evaluation.confusion.mostConfused(3)
    #expect(pairs.count == 3 && pairs.allSatisfy { $0.label != $0.predicted })
    #expect(pairs[0].count >= pairs[1].count && pairs[1].count >= pairs[2].count)
    #expect(pairs[0].count == evaluation.confusion.counts.enumerated().filter { $0.0 % 6 != 0 }.map(\.1).max())
  }

  @Test func noExamplesAreNoHarm() {
    let empty = Evaluation([], classNames: ["a", "b"])
    #expect(empty.accuracy.isNaN && empty.loss.isNaN && empty.calibration.expectedError.isNaN)
    #expect(empty.confusion.macroAverage(empty.confusion.recall) == nil && empty.mostConfidentMistakes(3).isEmpty)
    #expect(empty.calibration.greatestError.isNaN)
  }
}
