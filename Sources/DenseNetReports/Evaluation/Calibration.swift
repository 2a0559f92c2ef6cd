/// How well a classifier's confidence matches its chance of being right: the reliability diagram and the expected
/// calibration error of Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (ICML 2017),
/// section 2.
public struct Calibration: Sendable, Equatable {
  /// The examples whose confidence lies in `(lower, upper]`; in the first bin, 0 too.
  public struct Bin: Sendable, Equatable {
    public let lower: Double
    public let upper: Double
    public internal(set) var count = 0
    /// The mean confidence and the share of right predictions; NaN in an empty bin.
    public internal(set) var confidence = Double.nan
    public internal(set) var accuracy = Double.nan
  }

  /// Bins of equal width from 0 to 1.
  public let bins: [Bin]

  /// - Parameter count: of bins; 15 in the paper.
  public init(_ predictions: [Prediction], bins count: Int = 15) {
    self.init(predictions.map { ($0.confidence, $0.isCorrect) }, bins: count)
  }

  /// How well the probabilities of one label match the share of images that have it.
  /// - Parameter outcomes: the label's probability in each image, and whether the image has it.
  init(_ outcomes: [(confidence: Double, isCorrect: Bool)], bins count: Int = 15) {
    var sums = [(count: Int, confidence: Double, correct: Int)](repeating: (0, 0, 0), count: count)
    let edges = (0...count).map { Double($0) / Double(count) }
    for prediction in outcomes {
      let bin = edges.dropFirst().dropLast().count { prediction.confidence > $0 }
      sums[bin].count += 1
      sums[bin].confidence += prediction.confidence
      sums[bin].correct += prediction.isCorrect ? 1 : 0
    }
    bins = sums.enumerated().map { index, sum in
      Bin(
        lower: edges[index], upper: edges[index + 1], count: sum.count,
        confidence: sum.confidence / Double(sum.count), accuracy: Double(sum.correct) / Double(sum.count))
    }
  }

  /// The number of examples.
  public var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// The mean distance of confidence and accuracy, each bin weighing as much as it has examples; NaN without any.
  public var expectedError: Double { mean { abs($0.accuracy - $0.confidence) } }

  /// The greatest distance of confidence and accuracy in a bin.
  public var greatestError: Double {
    bins.lazy.filter { $0.count > 0 }.map { abs($0.accuracy - $0.confidence) }.max() ?? .nan
  }

  /// The mean confidence over all examples.
  public var confidence: Double { mean(\.confidence) }

  private func mean(_ value: (Bin) -> Double) -> Double {
    bins.reduce(0) { $1.count == 0 ? $0 : $0 + Double($1.count) * value($1) } / Double(count)
  }
}
